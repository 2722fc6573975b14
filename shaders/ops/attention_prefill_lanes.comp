// result = softmax(scale Q K^T + mask) V, one tile of ROWS query rows of a head per lane: no shared
// memory, no barrier. For CPU devices, where a lane's registers are cached memory and a load costs
// the same whether lanes share its address or not: each key and value loaded serves ROWS rows.
//
// query [B, H, S, D]   key, value [B, Hk, T, D]   result as query, in any of the layouts that strides can say
// One key after the other, as attention_online.glsl says: a row's bits do not depend on ROWS. Neighbouring lanes hold
// neighbouring heads.
// Compiled per HEAD_SIZE, the largest D it takes, and ROWS; as attention_decode_lanes with ROWS 1; and
// as attention_windows, on all devices, for operands that exceed a binding: see attention_tile.glsl.
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

#define MASK_CONSTANTS 7
#include "../common/attention_tile.glsl"
#define CARRY_BINDING 6
#include "../common/attention_carry.glsl"
const bool SOME_UNSEEN = CAUSAL && ROWS > 1;
#include "../common/attention_online.glsl"
#include "../common/work.glsl"
QUADS_OF(query)
QUADS_OF(key)
QUADS_OF(value)
STORES_OF(result)

void main() {
    const uint t = group_index() * GROUP + gl_LocalInvocationID.x;
    if (t >= p.tiles) return;
    const Tile tile = tile_of(t);
    if (tile.queries == 0u) return;

    // Rows beyond the tile's last repeat it, and are not stored. All indices into the arrays are known
    // when the pipeline is made: otherwise drivers keep them out of registers. Loops over columns have to be
    // unrolled for another reason as well: lavapipe ends an invocation after 65,535 turns of all its loops.
    vec4   q[ROWS][HEAD_SIZE / 4], sum[ROWS][HEAD_SIZE / 4];
    Online online[ROWS];
    uint   keys[ROWS];
    for (uint r = 0u; r < ROWS; ++r) {
        const uint row = min(r, tile.queries - 1u), start = row_start(p.query, tile, row);
        keys[r]   = keys_seen(tile, row);
        online[r] = Online(minus_infinity(), 0.0);
        [[unroll]] for (uint i = 0u; i < (D + 3u) / 4u; ++i) {
            q[r][i]   = query_quad(start, i * 4u, D);
            sum[r][i] = vec4(0.0);
        }
        take_carried(tile, row, sum[r], online[r].highest, online[r].weights);
    }

    for (uint j = tile.window, end = min(keys[ROWS - 1], tile.window_end); j < end; j = next_turn(j + 1u)) {
        const uint key_row = key_start(p.key, tile, j), value_row = key_start(p.value, tile, j);
        vec4 dots[ROWS];
        for (uint r = 0u; r < ROWS; ++r) dots[r] = vec4(0.0);
        [[unroll]] for (uint i = 0u; i < (D + 3u) / 4u; ++i) {
            const vec4 k = key_quad(key_row, i * 4u, D);
            for (uint r = 0u; r < ROWS; ++r) dots[r] = fma(q[r][i], k, dots[r]);
        }
        Share share[ROWS];
        for (uint r = 0u; r < ROWS; ++r) share[r] = add_score(online[r], score_of(dots[r]), !CAUSAL || j < keys[r]);
        [[unroll]] for (uint i = 0u; i < (D + 3u) / 4u; ++i) {
            const vec4 v = value_quad(value_row, i * 4u, D);
            for (uint r = 0u; r < ROWS; ++r) sum[r][i] = add_value(sum[r][i], share[r], v);
        }
    }

    for (uint r = 0u; r < ROWS; ++r) {
        if (r < tile.queries) {                    // no break: the loop has to be unrolled
            if (carried_on(tile, r, sum[r], online[r].highest, online[r].weights)) continue;
            const uint  start   = row_start(p.result, tile, r);
            const float inverse = online[r].weights == 0.0 ? 0.0 : 1.0 / online[r].weights;
            [[unroll]] for (uint i = 0u; i < (D + 3u) / 4u; ++i) result_store(start, i * 4u, D, sum[r][i] * inverse);
        }
    }
}
