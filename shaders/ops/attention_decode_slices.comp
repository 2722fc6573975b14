// result = softmax(scale q K^T + mask) V for single query rows whose keys are many, cut into slices: decode steps on CPU
// devices, which otherwise have work for as many lanes as there are heads and rows.
//
// query [B, H, 1, D]   key, value [B, Hk, T, D]   result as query, in any of the layouts that strides can say
// A lane takes slices of one row and head, each in the order of attention_online.glsl: a row that sees the keys of one
// slice has the bits of attention_decode_lanes. Neighbouring lanes hold neighbouring heads.
// Compiled per HEAD_SIZE, the largest D it takes. Loops over columns as in attention_prefill_lanes.comp.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../common/next_turn.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP       = 8;
layout(constant_id = 1) const uint D           = HEAD_SIZE;
layout(constant_id = 2) const uint QUERY_TYPE  = 0;
layout(constant_id = 3) const uint KEY_TYPE    = 0;
layout(constant_id = 4) const uint VALUE_TYPE  = 0;
layout(constant_id = 5) const uint RESULT_TYPE = 0;
layout(constant_id = 6) const bool ALIGNED     = true;

#include "../params/attention.h"
layout(push_constant) uniform Push { AttentionParams p; };

#include "../formats/storage.glsl"
#include "../common/attention_quads.glsl"
LOADS(0, query, QUERY_TYPE, QUERY_TYPE == F16)
LOADS(1, key, KEY_TYPE, KEY_TYPE == F16)
LOADS(2, value, VALUE_TYPE, VALUE_TYPE == F16)
WRITES(3, result, RESULT_TYPE)
layout(binding = 4) readonly buffer Seen      { uint seen_words[]; };
layout(binding = 5) readonly buffer Ancestors { uint ancestor_words[]; };

#define ROWS 1u
#define MASK_CONSTANTS 7
#include "../common/attention_tile.glsl"
const bool SOME_UNSEEN = false;
#include "../common/attention_online.glsl"
#include "../common/attention_slices.glsl"
#include "../common/work.glsl"
QUADS_OF(query)
QUADS_OF(key)
QUADS_OF(value)
STORES_OF(result)

void main() {
    const uint item = group_index() * GROUP + gl_LocalInvocationID.x;
    const Tile tile = tile_of(item % p.tiles);
    if (tile.queries == 0u) return;
    const Slices slices = slices_of(tile, item / p.tiles);
    if (slices.first >= slices.end) return;

    vec4 q[HEAD_SIZE / 4], sum[HEAD_SIZE / 4];
    [[unroll]] for (uint i = 0u; i < SLICE_QUADS; ++i) q[i] = query_quad(row_start(p.query, tile, 0u), i * 4u, D);

    vec2 joined = vec2(minus_infinity(), 0.0);
    for (uint slice = slices.first, keys = keys_seen(tile, 0u); slice < slices.end; ++slice) {
        Online online = Online(minus_infinity(), 0.0);
        [[unroll]] for (uint i = 0u; i < SLICE_QUADS; ++i) sum[i] = vec4(0.0);
        for (uint j = slice * SLICE, end = min(j + SLICE, keys); j < end; j = next_turn(j + 1u)) {
            const uint key_row = key_start(p.key, tile, j), value_row = key_start(p.value, tile, j);
            vec4 dots = vec4(0.0);
            [[unroll]] for (uint i = 0u; i < SLICE_QUADS; ++i) dots = fma(q[i], key_quad(key_row, i * 4u, D), dots);
            const Share share = add_score(online, score_of(dots), true);
            [[unroll]] for (uint i = 0u; i < SLICE_QUADS; ++i)
                sum[i] = add_value(sum[i], share, value_quad(value_row, i * 4u, D));
        }
        joined = vec2(online.highest, online.weights);
        if (slices.all > 1u) {
            const uint start = slice_start(slices, slice);
            [[unroll]] for (uint i = 0u; i < SLICE_QUADS; ++i) slice_sums[start + i] = sum[i];
            slice_sums[start + SLICE_QUADS] = vec4(joined, 0.0, 0.0);
        }
    }

    if (slices.all > 1u) {
        memoryBarrierBuffer();
        if (!arrived_last(slices)) return;
        memoryBarrierBuffer();
        joined = vec2(minus_infinity(), 0.0);
        [[unroll]] for (uint i = 0u; i < SLICE_QUADS; ++i) sum[i] = vec4(0.0);
        for (uint slice = 0u; slice < slices.all; ++slice) {
            const uint start = slice_start(slices, slice);
            const vec2 share = join(joined, slice_sums[start + SLICE_QUADS].xy);
            [[unroll]] for (uint i = 0u; i < SLICE_QUADS; ++i)
                sum[i] = fma(vec4(share.y), slice_sums[start + i], sum[i] * share.x);
        }
    }
    const float inverse = joined.y == 0.0 ? 0.0 : 1.0 / joined.y;
    [[unroll]] for (uint i = 0u; i < SLICE_QUADS; ++i) result_store(row_start(p.result, tile, 0u), i * 4u, D, sum[i] * inverse);
}
