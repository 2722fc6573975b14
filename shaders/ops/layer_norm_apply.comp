// Second half of layer_norm for rows longer than a binding, from what layer_norm_parts says of a row's parts:
//   mean     = mean_0 + sum of n_i (mean_i - mean_0) / n
//   variance = sum of (squares_i + n_i (mean_i - mean)^2) / n
//   result   = (z - mean) / sqrt(variance + epsilon) * gain + bias,   z = x + residual
// Merging by distances of means keeps the digits that sums of squares lose (Chan, Golub, LeVeque 1983).
//
// x, residual  [elements] f32|f16, gain, bias, result  [elements] f32: a piece of one row
// stats  [parts, 2] f32, of the whole row; all parts but the last have n_i = `part` elements
// Each workgroup merges the stats, in an order that follows from its lanes, and makes `part` elements.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP         = 64;
layout(constant_id = 1) const bool RESIDUAL      = true;
layout(constant_id = 2) const uint X_TYPE        = 0;
layout(constant_id = 3) const uint RESIDUAL_TYPE = 0;

#include "../params/layer_norm.h"
layout(push_constant) uniform Push { LayerNormPartsParams p; };

#include "../formats/storage.glsl"
READS(0, x, X_TYPE)
READS(1, residual, RESIDUAL_TYPE)
layout(binding = 2) readonly  buffer Gain   { float gain[]; };
layout(binding = 3) readonly  buffer Bias   { float bias[]; };
layout(binding = 4) readonly  buffer Stats  { vec2 stats[]; };
layout(binding = 5) writeonly buffer Result { float result[]; };

#include "../common/reduce.glsl"
#include "../common/work.glsl"

float element(uint column) {
    return RESIDUAL ? x_at(p.x_start + column) + residual_at(p.residual_start + column) : x_at(p.x_start + column);
}

float elements_of(uint part) { return float(min(p.part, p.width - part * p.part)); }

void main() {
    const uint lane = gl_LocalInvocationID.x;
    const uint begin = group_index() * p.part, end = min(begin + p.part, p.elements);
    if (begin >= p.elements) return;               // uniform in the workgroup: barriers stay legal

    const float near = stats[p.stats_start].x;     // to every part's mean, next to large ones
    float distances = 0.0;
    for (uint i = lane; i < p.parts; i += GROUP)
        distances = fma(elements_of(i), stats[p.stats_start + i].x - near, distances);
    const float mean = near + workgroup_sum(distances) / float(p.width);

    float squares = 0.0;
    for (uint i = lane; i < p.parts; i += GROUP) {
        const vec2  one = stats[p.stats_start + i];
        const float distance_to_mean = one.x - mean;
        squares += fma(elements_of(i) * distance_to_mean, distance_to_mean, one.y);
    }
    const float scale = inversesqrt(workgroup_sum(squares) / float(p.width) + p.epsilon);

    for (uint c = begin + lane; c < end; c += GROUP)
        result[p.result_start + c] = fma((element(c) - mean) * scale, gain[p.gain_start + c], bias[p.bias_start + c]);
}
