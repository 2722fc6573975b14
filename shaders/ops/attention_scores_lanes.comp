// result = scale Q K^T, -inf for keys that a row does not see: ROWS query rows x SPAN keys of a head
// per lane, no shared memory, no barrier. For CPU devices (see attention_prefill_lanes).
//
// query [B, H, S, D]   key [B, Hk, T, D]   result [B, H, S, columns] f32
// Compiled per HEAD_SIZE, the largest D it takes; and as attention_scores_windows, on all devices, for
// operands that exceed a binding (see attention_tile.glsl): the last window also writes -inf for keys
// that a row does not see.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "../common/next_turn.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP      = 8;
layout(constant_id = 1) const uint D          = HEAD_SIZE;
layout(constant_id = 2) const uint QUERY_TYPE = 0;
layout(constant_id = 3) const uint KEY_TYPE   = 0;
layout(constant_id = 4) const bool ALIGNED    = true;

#include "../params/attention.h"
layout(push_constant) uniform Push { AttentionParams p; };

#include "../formats/storage.glsl"
#include "../common/attention_quads.glsl"
LOADS(0, query, QUERY_TYPE, QUERY_TYPE == F16)
LOADS(1, key, KEY_TYPE, KEY_TYPE == F16)
layout(binding = 2) writeonly buffer Result   { uint result_words[]; };
layout(binding = 3) readonly buffer Seen      { uint seen_words[]; };
layout(binding = 4) readonly buffer Ancestors { uint ancestor_words[]; };
QUADS_OF(query)
QUADS_OF(key)

#define MASK_CONSTANTS 5
#include "../common/attention_tile.glsl"
#include "../common/numeric.glsl"
#include "../common/work.glsl"

const uint SPAN = 32u;

void main() {
    const uint t     = group_index() * GROUP + gl_LocalInvocationID.x;
    const uint first = t / p.tiles * SPAN;
    if (first >= p.columns) return;
    const Tile tile = tile_of(t % p.tiles);
    if (tile.queries == 0u) return;

    // Rows beyond the tile's last repeat it, and store the same once more.
    vec4 q[ROWS][HEAD_SIZE / 4];
    uint keys[ROWS], to[ROWS];
    for (uint r = 0u; r < ROWS; ++r) {
        const uint row = min(r, tile.queries - 1u), start = row_start(p.query, tile, row);
        keys[r] = keys_seen(tile, row);
        to[r]   = row_start(p.result, tile, row);
        [[unroll]] for (uint i = 0u; i < (D + 3u) / 4u; ++i) q[r][i] = query_quad(start, i * 4u, D);
    }

    const uint end = min(first + SPAN, p.columns), end_seen = min(end, keys[ROWS - 1]);
    for (uint j = max(first, tile.window), stop = min(end_seen, tile.window_end); j < stop; j = next_turn(j + 1u)) {
        const uint key_row = key_start(p.key, tile, j);
        vec4 dots[ROWS];
        for (uint r = 0u; r < ROWS; ++r) dots[r] = vec4(0.0);
        [[unroll]] for (uint i = 0u; i < (D + 3u) / 4u; ++i) {
            const vec4 k = key_quad(key_row, i * 4u, D);
            for (uint r = 0u; r < ROWS; ++r) dots[r] = fma(q[r][i], k, dots[r]);
        }
        for (uint r = 0u; r < ROWS; ++r) {
            precise const float score = ((dots[r].x + dots[r].y) + (dots[r].z + dots[r].w)) * SCALE;
            result_words[to[r] + j] = floatBitsToUint(!CAUSAL || j < keys[r] ? score : minus_infinity());
        }
    }
#ifdef WINDOWS
    if (p.end_key != 0xffffffffu) return;
#endif
    for (uint j = max(first, end_seen); j < end; ++j)
        for (uint r = 0u; r < ROWS; ++r) result_words[to[r] + j] = floatBitsToUint(minus_infinity());
}
