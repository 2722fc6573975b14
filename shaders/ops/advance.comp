// position[i] += step, in place.   position  [elements] u32
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/beams.h"
layout(push_constant) uniform Push { AdvanceParams p; };

layout(binding = 0) buffer Position { uint position[]; };

#include "../common/work.glsl"

void main() {
    const uint i = group_index() * GROUP + gl_LocalInvocationID.x;
    if (i < p.elements) position[p.start + i] += p.step;
}
