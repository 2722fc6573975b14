// to[i0, i1, i2, i3] = from[i0, i1, i2, i3] over two strided layouts: split_heads, merge_heads,
// columns and store. One lane copies two neighbours of the last axis, so that 16-bit pairs are
// written whole.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP     = 64;
layout(constant_id = 1) const uint FROM_TYPE = 0;
layout(constant_id = 2) const uint TO_TYPE   = 0;

#include "../params/rearrange.h"
layout(push_constant) uniform Push { RearrangeParams p; };

#include "../formats/storage.glsl"
READS(0, from, FROM_TYPE)
WRITES(1, to, TO_TYPE)

#include "../common/work.glsl"

void main() {
    const uint pair = group_index() * GROUP + gl_LocalInvocationID.x;
    if (pair >= p.pairs) return;
    const uint row_pairs = (p.extent3 + 1u) / 2u;
    const uint row = pair / row_pairs, i3 = 2u * (pair % row_pairs);
    const uint i2 = row % p.extent2, i1 = row / p.extent2 % p.extent1, i0 = row / p.extent2 / p.extent1;
    const uint source = p.from_start + i0 * p.from0 + i1 * p.from1 + i2 * p.from2 + i3;
    const uint target = p.to_start + i0 * p.to0 + i1 * p.to1 + i2 * p.to2 + i3;
    if (i3 + 1u < p.extent3) to_set_two(target, from_at(source), from_at(source + 1u));
    else to_set(target, from_at(source));
}
