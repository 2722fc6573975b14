// Workgroups of 128 invocations on tiles of 16 query rows x 32 keys: eight lanes share a query row.
// Rows of operands are staged in shared memory, 64 columns at a time, as f32; rows lie 17 quads
// apart, so that neighbouring rows begin in different banks. 15,360 bytes in all. ROWS is 16.
const uint LANES = 128u;
const uint KEYS  = 32u;    // keys of a step
const uint QUADS = 16u;    // staged of a row
const uint PITCH = 17u;    // quads
const uint STRIP = 36u;    // floats from one row of scores to the next

shared vec4  staged_keys[KEYS * PITCH];       // or values
shared vec4  staged_queries[ROWS * PITCH];
shared float strip[ROWS * STRIP];             // scores, then weights, of one step

// Stages columns 64 chunk .. +63 of keys first .. first+KEYS-1, zeros where no row sees the key.
#define STAGES_KEYS(NAME)                                                                              \
    void stage_##NAME(Tile tile, AttentionOperand operand, uint first, uint end, uint chunk) {         \
        for (uint n = gl_LocalInvocationID.x; n < KEYS * QUADS; n += LANES) {                          \
            const uint j = first + n / QUADS, column = (chunk * QUADS + n % QUADS) * 4u;               \
            vec4 four = vec4(0.0);                                                                     \
            if (j < end && column < D) four = NAME##_quad(key_start(operand, tile, j), column, D);     \
            staged_keys[n / QUADS * PITCH + n % QUADS] = four;                                         \
        }                                                                                              \
    }

// Likewise the tile's rows of queries.
#define STAGES_QUERIES(NAME)                                                                           \
    void stage_##NAME(Tile tile, AttentionOperand operand, uint chunk) {                               \
        for (uint n = gl_LocalInvocationID.x; n < ROWS * QUADS; n += LANES) {                          \
            const uint r = n / QUADS, column = (chunk * QUADS + n % QUADS) * 4u;                       \
            vec4 four = vec4(0.0);                                                                     \
            if (r < tile.queries && column < D) four = NAME##_quad(row_start(operand, tile, r), column, D); \
            staged_queries[r * PITCH + n % QUADS] = four;                                              \
        }                                                                                              \
    }

// Adds to `dots` the products of a query row with keys part, part + 8, ... over the staged columns.
void add_products(uint row, uint part, inout vec4 dots[4]) {
    for (uint i = 0u; i < QUADS; ++i) {
        const vec4 q = staged_queries[row * PITCH + i];
        for (uint c = 0u; c < 4u; ++c) dots[c] = fma(q, staged_keys[(part + 8u * c) * PITCH + i], dots[c]);
    }
}

// Adds to columns part and part + 8 (in quads) the first `count` staged values, weighted by a row of the strip.
void add_weighted(uint row, uint part, uint count, inout vec4 low, inout vec4 high) {
    for (uint k = 0u; k < count; ++k) {
        const vec4 weight = vec4(strip[row * STRIP + k]);
        low  = fma(weight, staged_keys[k * PITCH + part], low);
        high = fma(weight, staged_keys[k * PITCH + part + 8u], high);
    }
}
