// result = softmax(scale q K^T + mask) V for single query rows: decode steps. For GPUs.
//
// query [B, H, S, D]   key, value [B, Hk, T, D]   result as query, in any of the layouts that strides can say
// A workgroup per (row, head) takes GROUP keys at a step, one per lane, with online softmax in log2
// units (Milakov & Gimelshein 2018, arXiv 1805.02867). For the values a lane owns four columns and
// every PARTS-th key; the parts are added in order at the end.
// With SLICES, a workgroup per slice of the keys of a (row, head), or several of them: attention_slices.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP       = 128;   // at least 64
layout(constant_id = 1) const uint D           = 64;
layout(constant_id = 2) const uint QUERY_TYPE  = 0;
layout(constant_id = 3) const uint KEY_TYPE    = 0;
layout(constant_id = 4) const uint VALUE_TYPE  = 0;
layout(constant_id = 5) const uint RESULT_TYPE = 0;
layout(constant_id = 6) const bool ALIGNED     = true;

#include "../params/attention.h"
layout(push_constant) uniform Push { AttentionParams p; };

#include "../formats/storage.glsl"
#include "../common/attention_quads.glsl"
READS(0, query, QUERY_TYPE)
READS(1, key, KEY_TYPE)
READS(2, value, VALUE_TYPE)
WRITES(3, result, RESULT_TYPE)
layout(binding = 4) readonly buffer Seen      { uint seen_words[]; };
layout(binding = 5) readonly buffer Ancestors { uint ancestor_words[]; };
QUADS_OF(query)
QUADS_OF(key)
QUADS_OF(value)
STORES_OF(result)

#define ROWS 1u
#define MASK_CONSTANTS 7
#include "../common/attention_tile.glsl"
#include "../common/numeric.glsl"
#include "../common/reduce.glsl"
#include "../common/reduce_max.glsl"
#include "../common/work.glsl"

const uint QUADS = (D + 3u) / 4u;
const uint PARTS = GROUP / QUADS;                  // lanes beyond PARTS * QUADS have no columns

shared vec4  query_row[64];
shared float weights[GROUP];
shared vec4  sums[GROUP];

float score_of(uint key_row) {
    vec4 dots = vec4(0.0);
    for (uint i = 0u; i < QUADS; ++i) dots = fma(query_row[i], key_quad(key_row, i * 4u, D), dots);
    precise const float score = ((dots.x + dots.y) + (dots.z + dots.w)) * SCALE;
    return score;
}

#ifdef SLICES
#include "../common/attention_slices.glsl"
#endif

// What keys [begin, end) come to: the highest score and the sum of the weights, and in lanes below QUADS the sums of columns.
vec2 sum_keys(Tile tile, uint begin, uint end, out vec4 sum) {
    const uint lane = gl_LocalInvocationID.x, quad = lane % QUADS, part = lane / QUADS;
    sum = vec4(0.0);
    float highest = minus_infinity(), total = 0.0;
    for (uint first = begin; first < end; first += GROUP) {
        const uint  j     = first + lane;
        const float score = j < end ? score_of(key_start(p.key, tile, j)) : minus_infinity();
        const float top   = max(highest, workgroup_max(score));
        const float keep  = highest == minus_infinity() ? 0.0 : exp2(highest - top);
        const float mine  = score == minus_infinity() ? 0.0 : exp2(score - top);
        highest = top;
        total   = fma(total, keep, mine);
        weights[lane] = mine;
        barrier();
        sum *= keep;
        const uint count = part < PARTS ? min(end - first, GROUP) : 0u;
        for (uint k = part; k < count; k += PARTS)
            sum = fma(vec4(weights[k]), value_quad(key_start(p.value, tile, first + k), quad * 4u, D), sum);
        barrier();                                 // weights are free for the next step
    }

    total = workgroup_sum(total);
    sums[lane] = sum;
    barrier();
    for (uint other = 1u; lane < QUADS && other < PARTS; ++other) sum += sums[other * QUADS + lane];
    return vec2(highest, total);
}

void store(Tile tile, vec4 sum, float total) {
    const uint lane = gl_LocalInvocationID.x;
    if (lane < QUADS) result_store(row_start(p.result, tile, 0u), lane * 4u, D, sum * (total == 0.0 ? 0.0 : 1.0 / total));
}

#ifdef SLICES
void attend(Tile tile, uint part) {
    const uint   lane   = gl_LocalInvocationID.x, keys = keys_seen(tile, 0u);
    const Slices slices = slices_of(tile, part);
    vec4 sum = vec4(0.0);
    for (uint slice = slices.first; slice < slices.end; ++slice) {
        const vec2 came_to = sum_keys(tile, slice * SLICE, min(slice * SLICE + SLICE, keys), sum);
        if (slices.all == 1u) {
            store(tile, sum, came_to.y);
            return;
        }
        const uint start = slice_start(slices, slice);
        if (lane < QUADS) slice_sums[start + lane] = sum;
        if (lane == 0u) slice_sums[start + SLICE_QUADS] = vec4(came_to, 0.0, 0.0);
    }
    if (slices.first >= slices.end) return;

    memoryBarrierBuffer();
    barrier();
    if (lane == 0u) partial[0] = arrived_last(slices) ? 1.0 : 0.0;
    barrier();
    if (partial[0] == 0.0) return;
    memoryBarrierBuffer();
    vec2 joined = vec2(minus_infinity(), 0.0);
    sum = vec4(0.0);
    for (uint slice = 0u; slice < slices.all; ++slice) {
        const uint start = slice_start(slices, slice);
        const vec2 share = join(joined, slice_sums[start + SLICE_QUADS].xy);
        if (lane < QUADS) sum = fma(vec4(share.y), slice_sums[start + lane], sum * share.x);
    }
    store(tile, sum, joined.y);
}
#else
void attend(Tile tile, uint part) {
    vec4       sum;
    const vec2 came_to = sum_keys(tile, 0u, keys_seen(tile, 0u), sum);
    store(tile, sum, came_to.y);
}
#endif

void main() {
    const uint lane = gl_LocalInvocationID.x;
#ifdef SLICES
    const uint t = group_index() % p.tiles, part = group_index() / p.tiles;
#else
    const uint t = group_index(), part = 0u;
    if (t >= p.tiles) return;                      // uniform in the workgroup, as all that follows from the tile
#endif
    const Tile tile = tile_of(t);
    if (tile.queries == 0u) return;
    if (lane < QUADS) query_row[lane] = query_quad(row_start(p.query, tile, 0u), lane * 4u, D);
    barrier();
    attend(tile, part);
}
