// Nothing: what a dispatch costs by itself. So that it can be seen to have run, it adds `count` to a counter unless
// that is 0. One workgroup of one lane.
#version 450
#extension GL_GOOGLE_include_directive : require

#include "../params/roofs.h"
layout(push_constant) uniform Push { RoofEmptyParams p; };

layout(binding = 0) buffer Counter { uint counter; };

void main() {
    if (p.count != 0u) atomicAdd(counter, p.count);
}
