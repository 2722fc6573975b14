// First half of layer_norm for rows longer than a binding: of each part of a row
//   stats = (mean of z, sum of (z - mean)^2),   z = x + residual
//
// x, residual  [elements] f32|f16, a piece of one row    stats  [parts, 2] f32
// One workgroup per part; a lane holds elements lane, lane + GROUP, ... of it. The mean is corrected
// once, and squares are taken of distances, as in layer_norm.comp.
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
layout(binding = 2) writeonly buffer Stats { vec2 stats[]; };

#include "../common/reduce.glsl"
#include "../common/work.glsl"

float element(uint column) {
    return RESIDUAL ? x_at(p.x_start + column) + residual_at(p.residual_start + column) : x_at(p.x_start + column);
}

void main() {
    const uint part = group_index(), lane = gl_LocalInvocationID.x;
    const uint begin = part * p.part, end = min(begin + p.part, p.elements);
    if (begin >= p.elements) return;               // uniform in the workgroup: barriers stay legal
    const float count = float(end - begin);

    float sum = 0.0;
    for (uint c = begin + lane; c < end; c += GROUP) sum += element(c);
    float mean = workgroup_sum(sum) / count;

    float distances = 0.0;
    for (uint c = begin + lane; c < end; c += GROUP) distances += element(c) - mean;
    mean += workgroup_sum(distances) / count;

    float squares = 0.0;
    for (uint c = begin + lane; c < end; c += GROUP) {
        const float distance_to_mean = element(c) - mean;
        squares = fma(distance_to_mean, distance_to_mean, squares);
    }
    squares = workgroup_sum(squares);
    if (lane == 0u) stats[p.stats_start + part] = vec2(mean, squares);
}
