// to[i0, i1, i2, i3] = from[i0, i1, i2, i3] over two strided layouts: split_heads, merge_heads,
// columns and store. One lane copies RUN neighbours of the last axis.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP     = 64;
layout(constant_id = 1) const uint FROM_TYPE = 0;
layout(constant_id = 2) const uint TO_TYPE   = 0;
// 2, so that 16-bit pairs are written whole; or 4, 8 or 16, if extents, strides and starts are multiples of it.
layout(constant_id = 3) const uint RUN       = 2;

#include "../params/rearrange.h"
layout(push_constant) uniform Push { RearrangeParams p; };

#include "../formats/storage.glsl"
READS(0, from, FROM_TYPE)
WRITES(1, to, TO_TYPE)

#include "../common/work.glsl"

void main() {
    const uint run = group_index() * GROUP + gl_LocalInvocationID.x;
    if (run >= p.runs) return;
    const uint row_runs = (p.extent3 + RUN - 1u) / RUN;
    const uint row = run / row_runs, i3 = RUN * (run % row_runs);
    const uint i2 = row % p.extent2, i1 = row / p.extent2 % p.extent1, i0 = row / p.extent2 / p.extent1;
    const uint source = p.from_start + i0 * p.from0 + i1 * p.from1 + i2 * p.from2 + i3;
    const uint target = p.to_start + i0 * p.to0 + i1 * p.to1 + i2 * p.to2 + i3;
    if (RUN > 2u) {
        [[unroll]] for (uint i = 0u; i < 16u; i += 4u) {
            if (i < RUN) to_set_four(target + i, from_four(source + i));
        }
    } else if (i3 + 1u < p.extent3) {
        to_set_two(target, from_at(source), from_at(source + 1u));
    } else {
        to_set(target, from_at(source));
    }
}
