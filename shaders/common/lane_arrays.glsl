// Arrays that every lane has for itself and indexes by variables: LANE_ARRAY(float, sums, 8), then sums[of_lane(i)].
// No GPU can index registers: its compiler would put such an array into memory. There (SHARED) all lanes' arrays are
// one in shared memory; no lane looks at another's, so that nothing has to be waited for. On CPU drivers, where shared
// memory is memory like any other, they are arrays as usual. After GROUP.
#ifdef SHARED
#define LANE_ARRAY(TYPE, NAME, COUNT) shared TYPE NAME[(COUNT) * GROUP];
#define of_lane(i) ((i) * GROUP + gl_LocalInvocationID.x)
#else
#define LANE_ARRAY(TYPE, NAME, COUNT) TYPE NAME[COUNT];
#define of_lane(i) (i)
#endif
