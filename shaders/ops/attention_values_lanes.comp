// result = weights V: ROWS query rows of a head per lane, no shared memory, no barrier. For CPU
// devices (see attention_prefill_lanes). Keys that a row does not see are not read into it.
//
// weights [B, H, S, columns] f32   value [B, Hk, T, D]   result [B, H, S, D] or [B, S, H*D]
// Compiled per HEAD_SIZE, the largest D it takes; and as attention_values_windows, on all devices, for
// operands that exceed a binding: see attention_tile.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../common/next_turn.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP       = 8;
layout(constant_id = 1) const uint D           = HEAD_SIZE;
layout(constant_id = 2) const uint VALUE_TYPE  = 0;
layout(constant_id = 3) const uint RESULT_TYPE = 0;
layout(constant_id = 4) const bool ALIGNED     = true;

#include "../params/attention.h"
layout(push_constant) uniform Push { AttentionParams p; };

#include "../formats/storage.glsl"
#include "../common/attention_quads.glsl"
layout(binding = 0) readonly buffer Weights { float weights[]; };
LOADS(1, value, VALUE_TYPE, VALUE_TYPE == F16)
WRITES(2, result, RESULT_TYPE)
layout(binding = 3) readonly buffer Seen      { uint seen_words[]; };
layout(binding = 4) readonly buffer Ancestors { uint ancestor_words[]; };
QUADS_OF(value)
STORES_OF(result)

#define MASK_CONSTANTS 5
#include "../common/attention_tile.glsl"
#define CARRY_BINDING 5
#include "../common/attention_carry.glsl"
#include "../common/work.glsl"

void main() {
    const uint t = group_index() * GROUP + gl_LocalInvocationID.x;
    if (t >= p.tiles) return;
    const Tile tile = tile_of(t);
    if (tile.queries == 0u) return;

    // Rows beyond the tile's last repeat it, and are not stored.
    vec4 sum[ROWS][HEAD_SIZE / 4];
    uint keys[ROWS], from[ROWS];
    float unused = 0.0;                            // of what is carried
    for (uint r = 0u; r < ROWS; ++r) {
        const uint row = min(r, tile.queries - 1u);
        keys[r] = min(keys_seen(tile, row), p.columns);
        from[r] = row_start(p.query, tile, row);
        [[unroll]] for (uint i = 0u; i < (D + 3u) / 4u; ++i) sum[r][i] = vec4(0.0);
        take_carried(tile, row, sum[r], unused, unused);
    }

    for (uint j = tile.window, end = min(keys[ROWS - 1], tile.window_end); j < end; j = next_turn(j + 1u)) {
        const uint value_row = key_start(p.value, tile, j);
        float weight[ROWS];
        uint  visible[ROWS];
        for (uint r = 0u; r < ROWS; ++r) {
            const bool seen = !CAUSAL || j < keys[r];
            weight[r]  = seen ? weights[from[r] + j] : 0.0;
            visible[r] = seen ? 0xffffffffu : 0u;
        }
        [[unroll]] for (uint i = 0u; i < (D + 3u) / 4u; ++i) {
            const vec4 v = value_quad(value_row, i * 4u, D);
            for (uint r = 0u; r < ROWS; ++r) {
                // Of a key that the row does not see not a bit is used.
                const vec4 own = CAUSAL ? uintBitsToFloat(floatBitsToUint(v) & visible[r]) : v;
                sum[r][i] = fma(vec4(weight[r]), own, sum[r][i]);
            }
        }
    }

    for (uint r = 0u; r < ROWS; ++r) {
        if (r < tile.queries) {                    // no break: the loop has to be unrolled
            if (carried_on(tile, r, sum[r], 0.0, 0.0)) continue;
            const uint start = row_start(p.result, tile, r);
            [[unroll]] for (uint i = 0u; i < (D + 3u) / 4u; ++i) result_store(start, i * 4u, D, sum[r][i]);
        }
    }
}
