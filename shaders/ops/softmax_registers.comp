// softmax for CPU drivers with subgroups, where every load counts: LANES lanes hold a row in registers, so that it is read
// once and written once. Same formula and operands as softmax_lanes.comp.
//
// A lane's columns are lane * 4 + i * LANES * 4 and three more. The sum runs over a lane's columns in order, then over
// lanes that differ in one bit after the other: the same bits whatever the rows.
// A subgroup has a multiple of LANES; width is a multiple of 4, at most LANES * 4 * MOST. Not for SwiftShader, which has
// four lanes, compiles it for half a minute and then is slower.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_shuffle : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;      // one row for each LANES of it
layout(constant_id = 1) const uint QUADS = 8;      // of a row that a lane holds, at most MOST
layout(constant_id = 2) const bool FULL  = false;  // whether lanes hold nothing beyond the row's end: width is QUADS * STEP

#include "../params/softmax.h"
layout(push_constant) uniform Push { SoftmaxParams p; };

#include "../formats/storage.glsl"
LOADS(0, x, F32, false)
WRITES(1, result, F32)

const uint LANES = 8u;
#include "../common/lanes_sum.glsl"
#include "../common/numeric.glsl"
#include "../common/softmax_weight.glsl"
#include "../common/work.glsl"

const int  MOST = 32;
const uint STEP  = LANES * 4u;

void main() {
    const uint lane  = gl_LocalInvocationID.x % LANES;
    const uint mine  = group_index() * (GROUP / LANES) + gl_LocalInvocationID.x / LANES;
    // Before any branch: lavapipe reads push constants lane by lane, and again in each branch.
    const uint width = p.width, from = p.x_start + min(mine, p.rows - 1u) * width,
               to = p.result_start + mine * width, end = mine < p.rows ? width : 0u;
    // Lanes beyond the row's end, or the last row, read what is there once more and write nothing.
    vec4 z[MOST];
    vec4 most = vec4(minus_infinity());
    [[unroll]] for (int i = 0; i < MOST; ++i) if (i < QUADS) {
        const uint column = i * STEP + lane * 4u;
        z[i] = x_four(from + (FULL ? column : min(column, width - 4u)));
        most = max(most, z[i]);
    }
    const float highest = lanes_max(max(max(most.x, most.y), max(most.z, most.w)));

    vec4 sums = vec4(0.0);
    [[unroll]] for (int i = 0; i < MOST; ++i) if (i < QUADS) {
        z[i] = softmax_weights(z[i], highest);
        sums += FULL || i * STEP + lane * 4u < width ? z[i] : vec4(0.0);
    }
    const float sum = lanes_sum(sums), inverse = sum == 0.0 ? 0.0 : 1.0 / sum;
    [[unroll]] for (int i = 0; i < MOST; ++i) if (i < QUADS) {
        const uint column = i * STEP + lane * 4u;
        if (column < end) result_set_four(to + column, z[i] * inverse);
    }
}
