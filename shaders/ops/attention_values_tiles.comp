// result = weights V. Keys that a row does not see are not read into it. For GPUs.
//
// weights [B, H, S, columns] f32   value [B, Hk, T, D]   result [B, H, S, D] or [B, S, H*D]
// A workgroup makes 16 rows x 64 columns of a head, 32 keys at a step; eight lanes share a row.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 128) in;
layout(constant_id = 0) const uint D           = 64;
layout(constant_id = 1) const uint VALUE_TYPE  = 0;
layout(constant_id = 2) const uint RESULT_TYPE = 0;
layout(constant_id = 3) const bool ALIGNED     = true;

#include "../params/attention.h"
layout(push_constant) uniform Push { AttentionParams p; };

#include "../formats/storage.glsl"
#include "../common/attention_quads.glsl"
layout(binding = 0) readonly buffer Weights { float weights[]; };
READS(1, value, VALUE_TYPE)
WRITES(2, result, RESULT_TYPE)
layout(binding = 3) readonly buffer Seen      { uint seen_words[]; };
layout(binding = 4) readonly buffer Ancestors { uint ancestor_words[]; };
QUADS_OF(value)
STORES_OF(result)

#define ROWS 16u
#define MASK_CONSTANTS 4
#include "../common/attention_tile.glsl"
#include "../common/attention_stage.glsl"
#include "../common/work.glsl"
STAGES_KEYS(value)

void main() {
    const uint t = group_index(), chunk = t / p.tiles;
    if (chunk * 64u >= D) return;                  // uniform in the workgroup, as all that follows from the tile
    const Tile tile = tile_of(t % p.tiles);
    if (tile.queries == 0u) return;
    const uint row = gl_LocalInvocationID.x / 8u, part = gl_LocalInvocationID.x % 8u;
    const uint keys = min(keys_seen(tile, min(row, tile.queries - 1u)), p.columns);
    const uint end  = min(keys_seen(tile, tile.queries - 1u), p.columns);

    vec4 low = vec4(0.0), high = vec4(0.0);        // columns part and part + 8, in quads
    for (uint first = 0u; first < end; first += KEYS) {
        barrier();                                 // what was staged before has been read
        for (uint n = gl_LocalInvocationID.x; n < ROWS * KEYS; n += LANES) {
            const uint r = n / KEYS, j = first + n % KEYS;
            if (r < tile.queries && j < end) strip[r * STRIP + n % KEYS] = weights[row_start(p.query, tile, r) + j];
        }
        stage_value(tile, p.value, first, end, chunk);
        barrier();
        const uint count = row < tile.queries ? min(keys - min(first, keys), KEYS) : 0u;
        add_weighted(row, part, count, low, high);
    }
    if (row >= tile.queries) return;
    const uint start = row_start(p.result, tile, row), column = (chunk * QUADS + part) * 4u;
    result_store(start, column, D, low);
    result_store(start, column + 32u, D, high);
}
