// result[b, h, j] = source[ancestors[b, j], h, j]: keys or values of rows that share a cache, each
// row's own one after the other. For caches that exceed a binding: a dispatch for each part of the source
// that one sees, and a row is copied by the one that sees all of it.
//
// source [R, Hk, T, D] or [R, T, Hk*D]   ancestors [B, T] u32   result [batches, heads, keys, D]
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/attention_gather.h"
layout(push_constant) uniform Push { AttentionGatherParams p; };

layout(binding = 0) readonly buffer Source    { uint source_words[]; };
layout(binding = 1) readonly buffer Ancestors { uint ancestor_words[]; };
layout(binding = 2) writeonly buffer Result   { uint result_words[]; };

#include "../common/work.glsl"

void main() {
    const uint row = group_index() * GROUP + gl_LocalInvocationID.x;
    if (row >= p.rows) return;
    const uint key   = p.first_key + row % p.keys, head = p.first_head + row / p.keys % p.heads;
    const uint batch = p.first_batch + row / p.keys / p.heads;
    // Beyond a row's length the table may hold anything.
    const uint ancestor = min(ancestor_words[p.ancestors_start + batch * p.capacity + key], p.source_batches - 1u);
    const uint start    = p.source_start + ancestor * p.batch + head * p.head + key * p.row;
    if (start < p.seen_first || start + p.words > p.seen_end) return;
    for (uint w = 0u; w < p.words; ++w) result_words[row * p.words + w] = source_words[start - p.seen_first + w];
}
