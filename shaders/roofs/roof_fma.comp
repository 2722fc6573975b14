// x = factor * x + term, over and over: how fast a kernel multiplies and adds.
//
// results  a number for each lane of the grid: the sum of its 12 chains. Chain c of lane l begins with l % 256 + c; with
// factor and term 1, which the compiler does not know, it ends with that plus the number of steps: a whole number, and
// exact as long as the type has it (f16: to 2,048).
// Compiled per STEPS of a turn: lavapipe takes over twice as long with 64 of them as with 8, SwiftShader little more than
// half. The roof is what the faster does.
// 12 chains hide the latency of two units with four cycles each, and fit the 16 registers of a CPU. Compilers of GPUs make
// one instruction of the expression; SwiftShader takes fma(), and factors that are vectors, for twice as long.
#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require
#ifdef HALF
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#define Number float16_t
#define Quad   f16vec4
#else
#define Number float
#define Quad   vec4
#endif

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/roofs.h"
layout(push_constant) uniform Push { RoofFmaParams p; };

layout(binding = 0) writeonly buffer Results { float results[]; };

void main() {
    const uint   lane   = gl_WorkGroupID.x * GROUP + gl_LocalInvocationID.x;
    const Number factor = Number(p.factor), term = Number(p.term);
    const vec4   start  = vec4(0.0, 1.0, 2.0, 3.0) + float(lane % 256u);
    Quad x[3];
    [[unroll]] for (int c = 0; c < 3; ++c) x[c] = Quad(start + float(4 * c));
    for (uint turn = 0u; turn < p.turns; ++turn)
        [[unroll]] for (int i = 0; i < STEPS; ++i)
            [[unroll]] for (int c = 0; c < 3; ++c) x[c] = factor * x[c] + term;
    const vec4 sums = vec4(x[0]) + vec4(x[1]) + vec4(x[2]);
    results[lane] = (sums.x + sums.y) + (sums.z + sums.w);
}
