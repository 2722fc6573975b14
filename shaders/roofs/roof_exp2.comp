// x = exp2(-x), over and over: how fast a kernel computes exp2.
//
// results  for each lane of the grid: the least and the largest of its 8 chains, and the turns that it took.
// From anywhere in [0, 2) a chain goes to the one x that is exp2(-x).
#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/roofs.h"
layout(push_constant) uniform Push { RoofExp2Params p; };

layout(binding = 0) writeonly buffer Results { vec4 results[]; };

void main() {
    const uint lane  = gl_WorkGroupID.x * GROUP + gl_LocalInvocationID.x;
    const vec4 start = (vec4(0.0, 1.0, 2.0, 3.0) + float(lane % 256u)) / 256.0;
    vec4 x[2];
    [[unroll]] for (int c = 0; c < 2; ++c) x[c] = start + 0.5 * float(c);
    uint turn = 0u;
    for (; turn < p.turns; ++turn)
        [[unroll]] for (int i = 0; i < 4; ++i)
            [[unroll]] for (int c = 0; c < 2; ++c) x[c] = exp2(-x[c]);
    const vec4 low = min(x[0], x[1]), high = max(x[0], x[1]);
    results[lane] = vec4(min(min(low.x, low.y), min(low.z, low.w)), max(max(high.x, high.y), max(high.z, high.w)), float(turn), 0.0);
}
