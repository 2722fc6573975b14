// result = scale Q K^T, -inf for keys that a row does not see. For GPUs.
//
// query [B, H, S, D]   key [B, Hk, T, D]   result [B, H, S, columns] f32
// A workgroup makes 16 rows x 32 keys of a head; eight lanes share a row.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 128) in;
layout(constant_id = 0) const uint D          = 64;
layout(constant_id = 1) const uint QUERY_TYPE = 0;
layout(constant_id = 2) const uint KEY_TYPE   = 0;
layout(constant_id = 3) const bool ALIGNED    = true;

#include "../params/attention.h"
layout(push_constant) uniform Push { AttentionParams p; };

#include "../formats/storage.glsl"
#include "../common/attention_quads.glsl"
READS(0, query, QUERY_TYPE)
READS(1, key, KEY_TYPE)
layout(binding = 2) writeonly buffer Result   { uint result_words[]; };
layout(binding = 3) readonly buffer Seen      { uint seen_words[]; };
layout(binding = 4) readonly buffer Ancestors { uint ancestor_words[]; };
QUADS_OF(query)
QUADS_OF(key)

#define ROWS 16u
#define MASK_CONSTANTS 4
#include "../common/attention_tile.glsl"
#include "../common/attention_stage.glsl"
#include "../common/numeric.glsl"
#include "../common/work.glsl"
STAGES_QUERIES(query)
STAGES_KEYS(key)

void main() {
    const uint t = group_index(), first = t / p.tiles * KEYS;
    if (first >= p.columns) return;                // uniform in the workgroup, as all that follows from the tile
    const Tile tile = tile_of(t % p.tiles);
    if (tile.queries == 0u) return;
    const uint row = gl_LocalInvocationID.x / 8u, part = gl_LocalInvocationID.x % 8u;
    const uint keys = keys_seen(tile, min(row, tile.queries - 1u)), end = keys_seen(tile, tile.queries - 1u);

    vec4 dots[4] = {vec4(0.0), vec4(0.0), vec4(0.0), vec4(0.0)};
    for (uint chunk = 0u; chunk * 64u < D && first < end; ++chunk) {
        barrier();                                 // what was staged before has been read
        stage_query(tile, p.query, chunk);
        stage_key(tile, p.key, first, end, chunk);
        barrier();
        add_products(row, part, dots);
    }
    if (row >= tile.queries) return;
    const uint start = row_start(p.result, tile, row);
    for (uint c = 0u; c < 4u; ++c) {
        const uint  j     = first + part + 8u * c;
        const float score = ((dots[c].x + dots[c].y) + (dots[c].z + dots[c].w)) * SCALE;
        if (j < p.columns) result_words[start + j] = floatBitsToUint(j < keys ? score : minus_infinity());
    }
}
