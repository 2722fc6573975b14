// result = x + other, elementwise.   x, other  f32|f16    result  f32
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP      = 64;
layout(constant_id = 1) const uint X_TYPE     = 0;
layout(constant_id = 2) const uint OTHER_TYPE = 0;

#include "../params/elementwise.h"
layout(push_constant) uniform Push { ElementwiseParams p; };

#include "../formats/storage.glsl"
READS(0, x, X_TYPE)
READS(1, other, OTHER_TYPE)
WRITES(2, result, F32)

#include "../common/work.glsl"

void main() {
    const uint i = group_index() * GROUP + gl_LocalInvocationID.x;
    if (i < p.elements) result_set(p.result_start + i, x_at(p.x_start + i) + other_at(p.other_start + i));
}
