// result = exp(x - max x) / sum exp(x - max x) over each row; entries of -inf weigh 0, a row that is
// all -inf becomes all 0. One row per lane, no shared memory, no barrier. For CPU devices.
//
// x, result [rows, width] f32. Four sums, of every fourth column: the order is that of the columns alone.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;

#include "../params/softmax.h"
layout(push_constant) uniform Push { SoftmaxParams p; };

layout(binding = 0) readonly  buffer X      { float x[]; };
layout(binding = 1) writeonly buffer Result { float result[]; };

#include "../common/numeric.glsl"
#include "../common/softmax_weight.glsl"
#include "../common/work.glsl"

void main() {
    const uint row = group_index() * GROUP + gl_LocalInvocationID.x;
    if (row >= p.rows) return;
    const uint from = p.x_start + row * p.width, to = p.result_start + row * p.width;

    float highest = minus_infinity();
    for (uint c = 0u; c < p.width; ++c) highest = max(highest, x[from + c]);

    vec4 sums = vec4(0.0);
    uint c = 0u;
    for (; c + 4u <= p.width; c += 4u)
        sums += vec4(softmax_weight(x[from + c], highest), softmax_weight(x[from + c + 1u], highest),
                     softmax_weight(x[from + c + 2u], highest), softmax_weight(x[from + c + 3u], highest));
    for (uint tail = 0u; tail < 3u; ++tail)
        if (c + tail < p.width) sums[tail] += softmax_weight(x[from + c + tail], highest);

    const float sum = (sums.x + sums.y) + (sums.z + sums.w);
    const float inverse = sum == 0.0 ? 0.0 : 1.0 / sum;
    for (c = 0u; c < p.width; ++c) result[to + c] = softmax_weight(x[from + c], highest) * inverse;
}
