// groups[..] = 0 if left[0] = 0: what is dispatched from these group counts does no work any more.
//
// groups  [words] u32    left  [1 or more] u32    One workgroup.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/gate.h"
layout(push_constant) uniform Push { GateParams p; };

layout(binding = 0) writeonly buffer Counts { uint groups[]; };
layout(binding = 1) readonly  buffer Left   { uint left[]; };

void main() {
    if (left[0] != 0u) return;
    for (uint i = gl_LocalInvocationID.x; i < p.words; i += GROUP) groups[i] = 0u;
}
