// result = x + other, elementwise.   x, other  f32|f16    result  f32
// One lane takes RUN neighbours.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP      = 64;
layout(constant_id = 1) const uint X_TYPE     = 0;
layout(constant_id = 2) const uint RUN        = 2;   // or 4, 8, 16, of which elements and starts are multiples
layout(constant_id = 3) const uint OTHER_TYPE = 0;

#include "../params/elementwise.h"
layout(push_constant) uniform Push { ElementwiseParams p; };

#include "../formats/storage.glsl"
READS(0, x, X_TYPE)
READS(1, other, OTHER_TYPE)
WRITES(2, result, F32)

#include "../common/work.glsl"

void main() {
    const uint first = RUN * (group_index() * GROUP + gl_LocalInvocationID.x), x_start = p.x_start,
               other_start = p.other_start, result_start = p.result_start;
    if (first >= p.elements) return;
    if (RUN > 2u) {
        [[unroll]] for (uint i = 0u; i < 16u; i += 4u) {
            if (i < RUN) result_set_four(result_start + first + i, x_four(x_start + first + i) + other_four(other_start + first + i));
        }
    } else {
        [[unroll]] for (uint i = 0u; i < 2u; ++i) {
            if (first + i < p.elements) result_set(result_start + first + i, x_at(x_start + first + i) + other_at(other_start + first + i));
        }
    }
}
