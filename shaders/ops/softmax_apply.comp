// Second half of softmax for rows longer than a binding, from what softmax_parts says of a row's parts:
//   highest = max of the parts' maxima,   sum = sum over the parts of their sum * exp(their maximum - highest)
//   result = exp(x - highest) / sum;   0 where x is -inf, and everywhere if the whole row is
//
// x, result  [elements] f32, a piece of one row    stats  [parts, 2] f32, of the whole row
// Each workgroup merges the stats, in an order that follows from its lanes, and makes `part` elements.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/softmax.h"
layout(push_constant) uniform Push { SoftmaxPartsParams p; };

layout(binding = 0) readonly  buffer X      { float x[]; };
layout(binding = 1) readonly  buffer Stats  { vec2 stats[]; };
layout(binding = 2) writeonly buffer Result { float result[]; };

#include "../common/numeric.glsl"
#include "../common/reduce.glsl"
#include "../common/reduce_max.glsl"
#include "../common/softmax_weight.glsl"
#include "../common/work.glsl"

void main() {
    const uint lane = gl_LocalInvocationID.x;
    const uint begin = group_index() * p.part, end = min(begin + p.part, p.elements);
    if (begin >= p.elements) return;               // uniform in the workgroup: barriers stay legal

    float highest = minus_infinity();
    for (uint i = lane; i < p.parts; i += GROUP) highest = max(highest, stats[p.stats_start + i].x);
    highest = workgroup_max(highest);

    float sum = 0.0;
    for (uint i = lane; i < p.parts; i += GROUP) {
        const vec2 one = stats[p.stats_start + i];
        sum = fma(one.y, softmax_weight(one.x, highest), sum);
    }
    sum = workgroup_sum(sum);

    const float inverse = sum == 0.0 ? 0.0 : 1.0 / sum;
    for (uint c = begin + lane; c < end; c += GROUP)
        result[p.result_start + c] = softmax_weight(x[p.x_start + c], highest) * inverse;
}
