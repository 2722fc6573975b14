// result = activation(x), elementwise.   x, result  f32|f16, the same type
// One lane takes two neighbours, so that 16-bit pairs are written whole.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP      = 64;
layout(constant_id = 1) const uint TYPE       = 0;
layout(constant_id = 2) const uint ACTIVATION = 0;

#include "../params/elementwise.h"
layout(push_constant) uniform Push { ElementwiseParams p; };

#include "../formats/storage.glsl"
READS(0, x, TYPE)
WRITES(1, result, TYPE)

#include "../common/activation.glsl"
#include "../common/work.glsl"

void main() {
    const uint i = 2u * (group_index() * GROUP + gl_LocalInvocationID.x);
    if (i >= p.elements) return;
    const float first = activate(x_at(p.x_start + i), ACTIVATION);
    if (i + 1u < p.elements) result_set_two(p.result_start + i, first, activate(x_at(p.x_start + i + 1u), ACTIVATION));
    else result_set(p.result_start + i, first);
}
