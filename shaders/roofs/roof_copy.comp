// target = source: how fast a kernel copies.
//
// source, target  whole blocks of 4 * turns * GROUP quads of 16 bytes. One block per workgroup; in each turn a lane
// loads four quads, of which neighbouring lanes have neighbouring ones, and then stores them.
#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/roofs.h"
layout(push_constant) uniform Push { RoofTrafficParams p; };

#include "../formats/storage.glsl"
LOADS(0, source, F32, false)
layout(binding = 1) writeonly restrict buffer Target { uvec4 target[]; };

void main() {
    uint at = gl_WorkGroupID.x * GROUP * 4u * p.turns + gl_LocalInvocationID.x;
    for (uint turn = 0u; turn < p.turns; ++turn) {
        uvec4 quads[4];
        [[unroll]] for (uint i = 0u; i < 4u; ++i) quads[i] = source_quad(at + i * GROUP);
        [[unroll]] for (uint i = 0u; i < 4u; ++i) target[at + i * GROUP] = quads[i];
        at += 4u * GROUP;
    }
}
