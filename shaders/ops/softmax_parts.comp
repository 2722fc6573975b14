// First half of softmax for rows longer than a binding: of each part of a row
//   stats = (max x, sum exp(x - max x)),   entries of -inf weigh 0
//
// x  [elements] f32, a piece of one row    stats  [parts, 2] f32
// One workgroup per part; a lane holds elements lane, lane + GROUP, ... of it.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/softmax.h"
layout(push_constant) uniform Push { SoftmaxPartsParams p; };

layout(binding = 0) readonly  buffer X     { float x[]; };
layout(binding = 1) writeonly buffer Stats { vec2 stats[]; };

#include "../common/numeric.glsl"
#include "../common/reduce.glsl"
#include "../common/reduce_max.glsl"
#include "../common/softmax_weight.glsl"
#include "../common/work.glsl"

void main() {
    const uint part = group_index(), lane = gl_LocalInvocationID.x;
    const uint begin = part * p.part, end = min(begin + p.part, p.elements);
    if (begin >= p.elements) return;               // uniform in the workgroup: barriers stay legal

    float highest = minus_infinity();
    for (uint c = begin + lane; c < end; c += GROUP) highest = max(highest, x[p.x_start + c]);
    highest = workgroup_max(highest);

    float sum = 0.0;
    for (uint c = begin + lane; c < end; c += GROUP) sum += softmax_weight(x[p.x_start + c], highest);
    sum = workgroup_sum(sum);
    if (lane == 0u) stats[p.stats_start + part] = vec2(highest, sum);
}
