// Last step of a product whose weight has its columns in several chunks:
//   y = activation(sums + last + bias) + residual
//
// sums, last  [rows, x_stride] f32: of all chunks but the last, and of that    bias [N] f32
// residual [rows, N] f32   y [rows, N] f32|f16
// One lane makes four neighbouring outputs of a row.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP      = 64;
layout(constant_id = 3) const uint Y_TYPE     = 0;
layout(constant_id = 4) const bool BIAS       = false;
layout(constant_id = 5) const bool RESIDUAL   = false;
layout(constant_id = 6) const uint ACTIVATION = 0;

#include "../params/linear.h"
layout(push_constant) uniform Push { LinearParams p; };

#include "../formats/storage.glsl"
READS(0, sums, F32)
READS(1, last, F32)
#include "../common/linear_output.glsl"
#include "../common/work.glsl"

void main() {
    const uint group = group_index(), row = group % p.row_groups;
    const uint first = 4u * ((group / p.row_groups) * GROUP + gl_LocalInvocationID.x);
    if (row >= p.rows || first >= p.outputs) return;
    const uint i = p.x_first + row * p.x_stride + first;   // rows begin at multiples of four
    finish_four(row, first, sums_four(i) + last_four(i), bias_part(first));
}
