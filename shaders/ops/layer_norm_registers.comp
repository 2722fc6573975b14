// layer_norm for CPU drivers with subgroups, where every load counts: LANES lanes hold a row in registers, so that it is
// read once and written once; gain and bias are read once for ROWS rows. Same formula and operands as layer_norm.comp.
//
// A lane's columns are those of lanes_columns.glsl. Sums run over them in order, then over lanes that differ in one bit
// after the other: the same bits whatever the rows.
// A subgroup has a multiple of LANES; width is a multiple of 4, at most LANES * 4 * MOST. Not for SwiftShader, which has
// four lanes, compiles it for half a minute and then is slower.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_shuffle : require
#ifdef TEXELS
#extension GL_ARB_gpu_shader_int64 : require
#define EIGHTS
#endif

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP         = 8;      // one row for each LANES of it
layout(constant_id = 1) const bool RESIDUAL      = true;
layout(constant_id = 2) const uint X_TYPE        = 0;
layout(constant_id = 3) const uint RESIDUAL_TYPE = 0;
layout(constant_id = 4) const uint QUADS         = 8;      // of a row that a lane holds, an even number, at most MOST
layout(constant_id = 5) const uint ROWS          = 1;      // that each LANES lanes do, one after the other
layout(constant_id = 6) const bool FULL          = false;  // lanes hold nothing beyond the row's end, and rows begin at eights

#include "../params/layer_norm.h"
layout(push_constant) uniform Push { LayerNormParams p; };

#include "../formats/storage.glsl"
LOADS(0, x, X_TYPE, X_TYPE == F16)
LOADS(1, residual, RESIDUAL_TYPE, RESIDUAL_TYPE == F16)
LOADS(2, gain, F32, false)
LOADS(3, bias, F32, false)
WRITES_EIGHTS(4, result)

const uint LANES = 8u;
#include "../common/lanes_columns.glsl"
#include "../common/lanes_sum.glsl"
#include "../common/norm_moments.glsl"
#include "../common/work.glsl"

const int MOST = 32;

void main() {
    const uint lane  = gl_LocalInvocationID.x % LANES;
    const uint first = (group_index() * (GROUP / LANES) + gl_LocalInvocationID.x / LANES) * ROWS;
    // Before any branch: lavapipe reads push constants lane by lane, and again in each branch.
    const uint  rows = p.rows, width = p.width;
    const uint  x_start = p.x_start, residual_start = p.residual_start, result_start = p.result_start;
    const float epsilon = p.epsilon;
    // Lanes beyond the row's end, or the last row, read what is there once more and write nothing.
    uint column[MOST];
    vec4 gains[MOST], biases[MOST];
    [[unroll]] for (int i = 0; i < MOST; ++i) if (i < QUADS) {
        column[i] = min(lanes_column(lane, i), width - 4u);
        gains[i]  = gain_four(column[i]);
        biases[i] = bias_four(column[i]);
    }
    for (uint r = 0u; r < ROWS; ++r) {
        const uint at  = min(first + r, rows - 1u) * width;
        const uint end = first + r < rows ? width : 0u;
        vec4 z[MOST];
        vec4 sums = vec4(0.0);
        [[unroll]] for (int i = 0; i < MOST; ++i) if (i < QUADS) {
            z[i] = x_four(x_start + at + column[i]);
            if (RESIDUAL) z[i] += residual_four(residual_start + at + column[i]);
            sums += FULL || lanes_column(lane, i) < width ? z[i] : vec4(0.0);
        }
        const float mean = lanes_sum(sums) / float(width);

        precise vec4 squares = vec4(0.0);
        sums         = vec4(0.0);
        [[unroll]] for (int i = 0; i < MOST; ++i) if (i < QUADS) {
            z[i] -= mean;
            const vec4 inside = FULL || lanes_column(lane, i) < width ? z[i] : vec4(0.0);
            sums    += inside;
            squares += inside * inside;
        }
        const vec2 moments = norm_moments(lanes_sum(sums), lanes_sum(squares), float(width), epsilon);

        [[unroll]] for (int i = 0; i < MOST; i += 2) if (i < QUADS) {
            const uint to   = result_start + at + lanes_column(lane, i);
            const vec4 low  = fma((z[i] - moments.x) * moments.y, gains[i], biases[i]),
                       high = fma((z[i + 1] - moments.x) * moments.y, gains[i + 1], biases[i + 1]);
            if (FULL) {
                if (end > 0u) result_set_eight(to, low, high);
            } else {
                if (lanes_column(lane, i) < end) result_set_four(to, low);
                if (lanes_column(lane, i + 1) < end) result_set_four(to + 4u, high);
            }
        }
    }
}
