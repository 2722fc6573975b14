// result = softmax(scale Q K^T + mask) V for devices on which lanes are cheap and loads are not: CPU drivers with
// subgroups. A workgroup holds GROUP * HELD query rows of one head, HELD per lane; each key and value is loaded once
// for all of them, LANES lanes a part each, and handed round by shuffles.
//
// query [B, H, S, D]   key, value [B, Hk, T, D]   result as query, in any of the layouts that strides can say
// The sums of attention_prefill_lanes.comp in their order: a row has the same bits in either, for any HELD and LANES.
// Compiled per HEAD_SIZE, the largest D it takes, and HELD. A subgroup has a multiple of LANES.
// Not for SwiftShader, which has four lanes and compiles it for most of a minute.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "../common/next_turn.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP       = 8;
layout(constant_id = 1) const uint D           = HEAD_SIZE;
layout(constant_id = 2) const uint QUERY_TYPE  = 0;
layout(constant_id = 3) const uint KEY_TYPE    = 0;
layout(constant_id = 4) const uint VALUE_TYPE  = 0;
layout(constant_id = 5) const uint RESULT_TYPE = 0;
layout(constant_id = 6) const bool ALIGNED     = true;    // has to be: rows begin at, and are, multiples of four elements

#include "../params/attention.h"
layout(push_constant) uniform Push { AttentionParams p; };

#include "../formats/storage.glsl"
LOADS(0, query, QUERY_TYPE, QUERY_TYPE == F16)
LOADS(1, key, KEY_TYPE, KEY_TYPE == F16)
LOADS(2, value, VALUE_TYPE, VALUE_TYPE == F16)
WRITES(3, result, RESULT_TYPE)
layout(binding = 4) readonly buffer Seen      { uint seen_words[]; };
layout(binding = 5) readonly buffer Ancestors { uint ancestor_words[]; };

#define ROWS (GROUP * HELD)
#define MASK_CONSTANTS 7
#include "../common/attention_tile.glsl"
const bool SOME_UNSEEN = CAUSAL;
#include "../common/attention_online.glsl"
#include "../common/work.glsl"

const uint QUADS = D / 4u;
const int  LANES = 8;
const int  PARTS = (HEAD_SIZE / 4 + LANES - 1) / LANES;   // quads of a row that one lane loads

// Quad i of what the lanes have loaded.
#define SHARED_QUAD(parts, i) subgroupShuffle(parts[i / LANES], uint(i % LANES))

void main() {
    const uint t = group_index();
    if (t >= p.tiles) return;                     // uniform in the workgroup, as all that follows from the tile
    const Tile tile = tile_of(t);
    if (tile.queries == 0u) return;

    // Rows beyond the tile's last repeat it, and are not stored. Arrays and loops as in attention_prefill_lanes.comp.
    vec4   q[HELD][HEAD_SIZE / 4], sum[HELD][HEAD_SIZE / 4];
    Online online[HELD];
    uint   keys[HELD];
    [[unroll]] for (int r = 0; r < HELD; ++r) {
        const uint row = min(gl_LocalInvocationID.x + r * GROUP, tile.queries - 1u), start = row_start(p.query, tile, row);
        keys[r]   = keys_seen(tile, row);
        online[r] = Online(minus_infinity(), 0.0);
        [[unroll]] for (int i = 0; i < HEAD_SIZE / 4; ++i) {
            if (i < QUADS) q[r][i] = query_four(start + i * 4u);
            sum[r][i] = vec4(0.0);
        }
    }
    // Lanes that have no quad left load the last one once more.
    uint columns[PARTS];
    [[unroll]] for (int i = 0; i < PARTS; ++i)
        columns[i] = min(i * LANES + gl_SubgroupInvocationID % LANES, QUADS - 1u) * 4u;

    for (uint j = 0u, end = keys_seen(tile, tile.queries - 1u); j < end; j = next_turn(j + 1u)) {
        const uint key_row = key_start(p.key, tile, j), value_row = key_start(p.value, tile, j);
        vec4 parts[PARTS], dots[HELD];
        [[unroll]] for (int i = 0; i < PARTS; ++i) parts[i] = key_four(key_row + columns[i]);
        [[unroll]] for (int r = 0; r < HELD; ++r) dots[r] = vec4(0.0);
        [[unroll]] for (int i = 0; i < HEAD_SIZE / 4; ++i) if (i < QUADS) {
            const vec4 k = SHARED_QUAD(parts, i);
            [[unroll]] for (int r = 0; r < HELD; ++r) dots[r] = fma(q[r][i], k, dots[r]);
        }

        Share share[HELD];
        [[unroll]] for (int r = 0; r < HELD; ++r) share[r] = add_score(online[r], score_of(dots[r]), !CAUSAL || j < keys[r]);

        [[unroll]] for (int i = 0; i < PARTS; ++i) parts[i] = value_four(value_row + columns[i]);
        [[unroll]] for (int i = 0; i < HEAD_SIZE / 4; ++i) if (i < QUADS) {
            const vec4 v = SHARED_QUAD(parts, i);
            [[unroll]] for (int r = 0; r < HELD; ++r) sum[r][i] = add_value(sum[r][i], share[r], v);
        }
    }

    [[unroll]] for (int r = 0; r < HELD; ++r) {
        const uint row = gl_LocalInvocationID.x + r * GROUP;
        if (row < tile.queries) {
            const uint  start   = row_start(p.result, tile, row);
            const float inverse = online[r].weights == 0.0 ? 0.0 : 1.0 / online[r].weights;
            [[unroll]] for (int i = 0; i < HEAD_SIZE / 4; ++i)
                if (i < QUADS) result_set_four(start + i * 4u, sum[r][i] * inverse);
        }
    }
}
