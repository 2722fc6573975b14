// out = (z - mean(z)) / sqrt(var(z) + epsilon) * gain + bias,   z = x + residual
// Layer normalization after a residual connection (Ba et al. 2016, arXiv 1607.06450).
//
// x, residual  [rows, width] f32|f16     gain, bias  [width] f32     result  [rows, width] f32
// One workgroup per row; a lane holds elements lane, lane + GROUP, ... The mean is corrected once
// by the mean of the distances to it, and squares are taken of distances: sums of large values,
// and squares of them, lose the digits that matter when |mean| >> deviation.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP         = 64;
layout(constant_id = 1) const bool RESIDUAL      = true;
layout(constant_id = 2) const uint X_TYPE        = 0;
layout(constant_id = 3) const uint RESIDUAL_TYPE = 0;

#include "../params/layer_norm.h"
layout(push_constant) uniform Push { LayerNormParams p; };

#include "../formats/storage.glsl"
READS(0, x, X_TYPE)
READS(1, residual, RESIDUAL_TYPE)
layout(binding = 2) readonly  buffer Gain   { float gain[]; };
layout(binding = 3) readonly  buffer Bias   { float bias[]; };
layout(binding = 4) writeonly buffer Result { float result[]; };

#include "../common/reduce.glsl"
#include "../common/work.glsl"

float element(uint row, uint column) {
    const uint i = row * p.width + column;
    return RESIDUAL ? x_at(p.x_start + i) + residual_at(p.residual_start + i) : x_at(p.x_start + i);
}

void main() {
    const uint row = group_index(), lane = gl_LocalInvocationID.x;
    if (row >= p.rows) return;                     // uniform in the workgroup: barriers stay legal

    float sum = 0.0;
    for (uint c = lane; c < p.width; c += GROUP) sum += element(row, c);
    float mean = workgroup_sum(sum) / float(p.width);

    float distances = 0.0;
    for (uint c = lane; c < p.width; c += GROUP) distances += element(row, c) - mean;
    mean += workgroup_sum(distances) / float(p.width);

    float squares = 0.0;
    for (uint c = lane; c < p.width; c += GROUP) {
        const float distance_to_mean = element(row, c) - mean;
        squares = fma(distance_to_mean, distance_to_mean, squares);
    }
    const float scale = inversesqrt(workgroup_sum(squares) / float(p.width) + p.epsilon);

    for (uint c = lane; c < p.width; c += GROUP)
        result[p.result_start + row * p.width + c] = fma((element(row, c) - mean) * scale, gain[c], bias[c]);
}
