// sums[lane] = sum of the quads that the lane reads: how fast a kernel reads. Whole numbers that wrap: exact in any order.
//
// source  whole blocks of 4 * turns * GROUP quads of 16 bytes      sums  a quad for each lane of the grid
// One block per workgroup; in each turn a lane reads four quads, into sums that do not wait for each other.
#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/roofs.h"
layout(push_constant) uniform Push { RoofTrafficParams p; };

#include "../formats/storage.glsl"
LOADS(0, source, F32, false)
layout(binding = 1) writeonly restrict buffer Sums   { uvec4 sums[]; };

void main() {
    const uint lane = gl_LocalInvocationID.x;
    uint at = gl_WorkGroupID.x * GROUP * 4u * p.turns + lane;
    uvec4 sum[4];
    [[unroll]] for (uint i = 0u; i < 4u; ++i) sum[i] = uvec4(0u);
    for (uint turn = 0u; turn < p.turns; ++turn) {
        [[unroll]] for (uint i = 0u; i < 4u; ++i) sum[i] += source_quad(at + i * GROUP);
        at += 4u * GROUP;
    }
    sums[gl_WorkGroupID.x * GROUP + lane] = sum[0] + sum[1] + sum[2] + sum[3];
}
