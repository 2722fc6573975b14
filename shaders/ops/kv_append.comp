// cache[b, h, position[b] + s, :] = new[b, s, h, :]  for keys (z = 0) and values (z = 1), in place.
//
// new  [B, S, Hk, D] in any strides, f32|f16    caches  [B, Hk, T, D] f32|f16    position  [B] u32
// One lane copies two neighbours of D. Rows at or beyond the capacity T are dropped, and so are those that go
// to rows of the cache which this dispatch does not have.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP      = 64;
layout(constant_id = 1) const uint KEY_TYPE   = 0;
layout(constant_id = 2) const uint VALUE_TYPE = 0;
layout(constant_id = 3) const uint CACHE_TYPE = 0;

#include "../params/kv_append.h"
layout(push_constant) uniform Push { KvAppendParams p; };

#include "../formats/storage.glsl"
READS(0, key, KEY_TYPE)
READS(1, value, VALUE_TYPE)
layout(binding = 2) readonly buffer Position { uint position[]; };
WRITES(3, key_cache, CACHE_TYPE)
WRITES(4, value_cache, CACHE_TYPE)

#include "../common/work.glsl"

void main() {
    const uint pair = group_index() * GROUP + gl_LocalInvocationID.x;
    if (pair >= p.pairs) return;
    const uint row_pairs = (p.head_size + 1u) / 2u;
    const uint row = pair / row_pairs, d = 2u * (pair % row_pairs);
    const uint h = row % p.heads, s = row / p.heads % p.positions, b = row / p.heads / p.positions;
    const uint t = position[p.position_start + b] + p.first_position + s;
    if (t - p.first_row >= p.rows) return;         // rows before the first wrap, far beyond the last

    const uint target = b * p.cache_batch + h * p.cache_head + (t - p.first_row) * p.cache_row + d;
    const bool two = d + 1u < p.head_size;
    if (gl_WorkGroupID.z == 0u) {
        const uint from = p.key_start + b * p.key_batch + s * p.key_row + h * p.key_head + d;
        if (two) key_cache_set_two(p.key_cache_start + target, key_at(from), key_at(from + 1u));
        else key_cache_set(p.key_cache_start + target, key_at(from));
    } else {
        const uint from = p.value_start + b * p.value_batch + s * p.value_row + h * p.value_head + d;
        if (two) value_cache_set_two(p.value_cache_start + target, value_at(from), value_at(from + 1u));
        else value_cache_set(p.value_cache_start + target, value_at(from));
    }
}
