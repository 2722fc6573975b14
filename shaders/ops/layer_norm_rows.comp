// layer_norm for devices on which a barrier costs more than a row: one lane per row, no shared
// memory. Same formula and operands as layer_norm.comp; z = x + residual stays in the result's
// memory between the passes, since the lane that wrote it is the one that reads it.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP         = 8;
layout(constant_id = 1) const bool RESIDUAL      = true;
layout(constant_id = 2) const uint X_TYPE        = 0;
layout(constant_id = 3) const uint RESIDUAL_TYPE = 0;

#include "../params/layer_norm.h"
layout(push_constant) uniform Push { LayerNormParams p; };

#include "../formats/storage.glsl"
READS(0, x, X_TYPE)
READS(1, residual, RESIDUAL_TYPE)
layout(binding = 2) readonly buffer Gain   { float gain[]; };
layout(binding = 3) readonly buffer Bias   { float bias[]; };
layout(binding = 4)          buffer Result { float result[]; };

#include "../common/work.glsl"

void main() {
    const uint row = group_index() * GROUP + gl_LocalInvocationID.x;
    if (row >= p.rows) return;
    const uint from_x = p.x_start + row * p.width, from_residual = p.residual_start + row * p.width;
    const uint to = p.result_start + row * p.width;

    float sum = 0.0;
    for (uint c = 0; c < p.width; ++c) {
        const float z = RESIDUAL ? x_at(from_x + c) + residual_at(from_residual + c) : x_at(from_x + c);
        result[to + c] = z;
        sum += z;
    }
    float mean = sum / float(p.width);

    float distances = 0.0;
    for (uint c = 0; c < p.width; ++c) distances += result[to + c] - mean;
    mean += distances / float(p.width);

    float squares = 0.0;
    for (uint c = 0; c < p.width; ++c) {
        const float distance_to_mean = result[to + c] - mean;
        squares = fma(distance_to_mean, distance_to_mean, squares);
    }
    const float scale = inversesqrt(squares / float(p.width) + p.epsilon);

    for (uint c = 0; c < p.width; ++c) result[to + c] = fma((result[to + c] - mean) * scale, gain[c], bias[c]);
}
