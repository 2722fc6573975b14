// result = softmax(scale Q K^T + mask) V, fused: the scores stay in shared memory. For GPUs.
//
// query [B, H, S, D]   key, value [B, Hk, T, D]   result as query, in any of the layouts that strides can say
// A workgroup holds 16 query rows of a head and walks over the keys, 32 at a step (Dao 2022, arXiv
// 2205.14135), with online softmax (Milakov & Gimelshein 2018, arXiv 1805.02867) in log2 units. Eight
// lanes share a row: each makes 4 of a step's 32 scores, and an eighth of the columns of the result.
// Steps count from the first key that a row may see, so a row's bits do not depend on its neighbours.
// Compiled per HEAD_SIZE, a multiple of 64: the largest D it takes.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x = 128) in;
layout(constant_id = 0) const uint D           = HEAD_SIZE;
layout(constant_id = 1) const uint QUERY_TYPE  = 0;
layout(constant_id = 2) const uint KEY_TYPE    = 0;
layout(constant_id = 3) const uint VALUE_TYPE  = 0;
layout(constant_id = 4) const uint RESULT_TYPE = 0;
layout(constant_id = 5) const bool ALIGNED     = true;

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

#define ROWS 16u
#define MASK_CONSTANTS 6
#include "../common/attention_tile.glsl"
#include "../common/attention_stage.glsl"
#include "../common/numeric.glsl"
#include "../common/work.glsl"
STAGES_QUERIES(query)
STAGES_KEYS(key)
STAGES_KEYS(value)

const uint CHUNKS = HEAD_SIZE / 64;

void main() {
    const uint t = group_index();
    if (t >= p.tiles) return;                      // uniform in the workgroup, as all that follows from the tile
    const Tile tile = tile_of(t);
    if (tile.queries == 0u) return;
    const uint row = gl_LocalInvocationID.x / 8u, part = gl_LocalInvocationID.x % 8u;
    const uint keys = keys_seen(tile, min(row, tile.queries - 1u)), end = keys_seen(tile, tile.queries - 1u);

    vec4 low[CHUNKS], high[CHUNKS];                // columns part and part + 8 of each chunk, in quads
    [[unroll]] for (uint chunk = 0u; chunk < CHUNKS; ++chunk) low[chunk] = high[chunk] = vec4(0.0);
    float highest = minus_infinity(), total = 0.0;

    for (uint first = 0u; first < end; first += KEYS) {
        vec4 dots[4] = {vec4(0.0), vec4(0.0), vec4(0.0), vec4(0.0)};
        for (uint chunk = 0u; chunk < CHUNKS; ++chunk) {
            barrier();                             // what was staged before has been read
            if (CHUNKS > 1u || first == 0u) stage_query(tile, p.query, chunk);
            stage_key(tile, p.key, first, end, chunk);
            barrier();
            add_products(row, part, dots);
        }
        float scores[4];
        for (uint c = 0u; c < 4u; ++c) {
            precise const float score = ((dots[c].x + dots[c].y) + (dots[c].z + dots[c].w)) * SCALE;
            scores[c] = first + part + 8u * c < keys ? score : minus_infinity();
            strip[row * STRIP + part + 8u * c] = scores[c];
        }
        barrier();

        float top = highest;
        for (uint k = 0u; k < KEYS; ++k) top = max(top, strip[row * STRIP + k]);
        const float keep = highest == minus_infinity() ? 0.0 : exp2(highest - top);
        highest = top;
        barrier();                                 // all lanes have read the scores: weights may replace them
        for (uint c = 0u; c < 4u; ++c)
            strip[row * STRIP + part + 8u * c] = scores[c] == minus_infinity() ? 0.0 : exp2(scores[c] - top);

        // Keys that a row sees come first: it takes `count` of this step, and never touches the others.
        const uint count = min(keys - min(first, keys), KEYS);
        [[unroll]] for (uint chunk = 0u; chunk < CHUNKS; ++chunk) {
            if (chunk > 0u) barrier();
            stage_value(tile, p.value, first, end, chunk);
            barrier();
            low[chunk] *= keep;
            high[chunk] *= keep;
            add_weighted(row, part, count, low[chunk], high[chunk]);
        }
        total *= keep;
        for (uint k = 0u; k < count; ++k) total += strip[row * STRIP + k];
    }

    if (row >= tile.queries) return;
    const uint  start   = row_start(p.result, tile, row);
    const float inverse = total == 0.0 ? 0.0 : 1.0 / total;
    [[unroll]] for (uint chunk = 0u; chunk < CHUNKS; ++chunk) {
        const uint column = (chunk * QUADS + part) * 4u;
        result_store(start, column, D, low[chunk] * inverse);
        result_store(start, column + 32u, D, high[chunk] * inverse);
    }
}
