// result = exp(x - max x) / sum exp(x - max x) over each row; entries of -inf weigh 0, a row that is
// all -inf becomes all 0. One workgroup per row; a lane holds elements lane, lane + GROUP, ...
//
// x, result [rows, width] f32
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/softmax.h"
layout(push_constant) uniform Push { SoftmaxParams p; };

layout(binding = 0) readonly  buffer X      { float x[]; };
layout(binding = 1) writeonly buffer Result { float result[]; };

#include "../common/numeric.glsl"
#include "../common/reduce.glsl"
#include "../common/reduce_max.glsl"
#include "../common/softmax_weight.glsl"
#include "../common/work.glsl"

void main() {
    const uint row = group_index(), lane = gl_LocalInvocationID.x;
    if (row >= p.rows) return;                     // uniform in the workgroup: barriers stay legal
    const uint from = p.x_start + row * p.width, to = p.result_start + row * p.width;

    float highest = minus_infinity();
    for (uint c = lane; c < p.width; c += GROUP) highest = max(highest, x[from + c]);
    highest = workgroup_max(highest);

    float sum = 0.0;
    for (uint c = lane; c < p.width; c += GROUP) sum += softmax_weight(x[from + c], highest);
    sum = workgroup_sum(sum);

    const float inverse = sum == 0.0 ? 0.0 : 1.0 / sum;
    for (uint c = lane; c < p.width; c += GROUP) result[to + c] = softmax_weight(x[from + c], highest) * inverse;
}
