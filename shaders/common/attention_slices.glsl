// Keys cut into slices of SLICE that workgroups share out: a decode step whose keys are many then has work for all of a
// device. What the keys of a slice come to is left for whoever finishes the last slice of a row and head, who joins the
// slices in their order; nobody waits. Where slices begin follows from the key alone, so a row's bits depend neither on
// how many keys there is room for nor on who takes how many slices; of one slice they are those without any.
// The kernel declares before: what attention_tile.glsl wants, D, numeric.glsl; in binding SLICES what the slices come to, and
// behind it how many of them have.
//
// p.columns: slices that an invocation or a workgroup takes one after the other. p.first_key, p.end_key: keys of this
// dispatch, from the beginning of a slice to the end of one; end 2^32-1: all that follow.
layout(constant_id = MASK_CONSTANTS + 7) const uint SLICE = 256;   // keys

layout(binding = SLICES) coherent buffer Sums { vec4 slice_sums[]; };       // [row, head, slice, SLICE_QUADS + 1]
layout(binding = SLICES + 1) coherent buffer Arrived { uint arrived[]; };   // [row, head], 0 between dispatches

const uint SLICE_QUADS = (D + 3u) / 4u;   // columns of a slice; behind them its highest score and the sum of its weights

// Slices of a row and head.
struct Slices {
    uint first, end;   // to be done here
    uint all;          // that the row sees keys of, at least one
    uint place;        // of the row and head in `arrived`
    uint start;        // of slice 0 in `slice_sums`
};

// Which slices are taken i-th, of a power of two of parts; those behind the last do not exist. CPU drivers give each thread
// a run of neighbouring workgroups, and slices at the end of a cache have no keys yet: bits in reverse give each its share.
uint part_at(uint i) {
    const uint slices = (min(p.end_key, p.keys) - p.first_key + SLICE - 1u) / SLICE;
    const int  bits   = findMSB((slices + p.columns - 1u) / p.columns * 2u - 1u);
    if (i >> uint(bits) != 0u) return 0x00ffffffu;
    return bits == 0 ? 0u : bitfieldReverse(i) >> uint(32 - bits);
}

Slices slices_of(Tile tile, uint i) {
    const uint part = part_at(i);
    Slices slices;
    slices.all   = max((keys_seen(tile, 0u) + SLICE - 1u) / SLICE, 1u);
    slices.first = p.first_key / SLICE + part * p.columns;
    slices.end   = min(min(slices.first + p.columns, p.end_key / SLICE), slices.all);
    slices.place = (tile.first_query - p.first_row) * p.heads + tile.head - p.first_head;
    slices.start = slices.place * ((p.keys + SLICE - 1u) / SLICE) * (SLICE_QUADS + 1u);
    return slices;
}

uint slice_start(Slices slices, uint slice) { return slices.start + slice * (SLICE_QUADS + 1u); }

// One invocation asks, once all that it answers for is visible. True for the last of those that do slices of the row and
// head, who leaves the counter at 0.
bool arrived_last(Slices slices) {
    const uint done = slices.end - slices.first;
    const bool last = atomicAdd(arrived[slices.place], done) + done == slices.all;
    if (last) arrived[slices.place] = 0u;
    return last;
}

// Adds a slice to the highest score and the sum of the weights of those before it. x: what the columns of those before are
// scaled by, y: those of the slice; one of both is 1. Without exp2 of an infinity: drivers differ.
vec2 join(inout vec2 sums, vec2 slice) {
    const bool  rises  = slice.x > sums.x;
    const float faded  = exp2(-abs(slice.x - sums.x));
    const float keep   = rises ? (sums.x == minus_infinity() ? 0.0 : faded) : 1.0;
    const float weight = rises ? 1.0 : (slice.x == minus_infinity() ? 0.0 : faded);
    sums = vec2(rises ? slice.x : sums.x, fma(slice.y, weight, sums.y * keep));
    return vec2(keep, weight);
}
