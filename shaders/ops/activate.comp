// result = activation(x), elementwise.   x, result  f32|f16, the same type
// One lane takes RUN neighbours: at least two, so that 16-bit pairs are written whole.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP      = 64;
layout(constant_id = 1) const uint TYPE       = 0;
layout(constant_id = 2) const uint RUN        = 2;   // or 4, 8, 16, of which elements and starts are multiples
layout(constant_id = 3) const uint ACTIVATION = 0;

#include "../params/elementwise.h"
layout(push_constant) uniform Push { ElementwiseParams p; };

#include "../formats/storage.glsl"
READS(0, x, TYPE)
WRITES(1, result, TYPE)

#include "../common/activation.glsl"
#include "../common/work.glsl"

void main() {
    const uint first = RUN * (group_index() * GROUP + gl_LocalInvocationID.x), from = p.x_start + first, to = p.result_start + first;
    if (first >= p.elements) return;
    if (RUN > 2u) {
        [[unroll]] for (uint i = 0u; i < 16u; i += 4u) {
            if (i < RUN) result_set_four(to + i, activate(x_four(from + i), ACTIVATION));
        }
    } else if (first + 1u < p.elements) {
        result_set_two(to, activate(x_at(from), ACTIVATION), activate(x_at(from + 1u), ACTIVATION));
    } else {
        result_set(to, activate(x_at(from), ACTIVATION));
    }
}
