// softmax for CPU drivers with subgroups, where every load and store counts: LANES lanes hold a row in registers, so that it
// is read once and written once, and do ROWS of them, because a workgroup costs as much as a good part of a row. Same
// formula and operands as softmax_lanes.comp.
//
// A lane's columns are those of lanes_columns.glsl. The sum runs over them in order, then over lanes that differ in one bit
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
layout(constant_id = 0) const uint GROUP = 8;      // one row for each LANES of it
layout(constant_id = 1) const uint QUADS = 8;      // of a row that a lane holds, an even number, at most MOST
layout(constant_id = 2) const uint ROWS  = 1;      // that each LANES lanes do, one after the other
layout(constant_id = 3) const bool FULL  = false;  // lanes hold nothing beyond the row's end, and rows begin at eights

#include "../params/softmax.h"
layout(push_constant) uniform Push { SoftmaxParams p; };

#include "../formats/storage.glsl"
LOADS(0, x, F32, false)
WRITES_EIGHTS(1, result)

const uint LANES = 8u;
#include "../common/exp2_nonpositive.glsl"
#include "../common/lanes_columns.glsl"
#include "../common/lanes_sum.glsl"
#include "../common/numeric.glsl"
#include "../common/work.glsl"

const int MOST = 32;

void main() {
    const uint lane  = gl_LocalInvocationID.x % LANES;
    const uint first = (group_index() * (GROUP / LANES) + gl_LocalInvocationID.x / LANES) * ROWS;
    // Before any branch: lavapipe reads push constants lane by lane, and again in each branch.
    const uint rows = p.rows, width = p.width, x_start = p.x_start, result_start = p.result_start;
    for (uint row = first; row < min(first + ROWS, rows); ++row) {
        const uint from = x_start + row * width, to = result_start + row * width;
        // Lanes beyond the row's end read what is there once more and write nothing.
        vec4 z[MOST];
        vec4 most = vec4(minus_infinity());
        [[unroll]] for (int i = 0; i < MOST; ++i) if (i < QUADS) {
            const uint column = lanes_column(lane, i);
            z[i] = x_four(from + (FULL ? column : min(column, width - 4u)));
            most = max(most, z[i]);
        }
        const float highest = lanes_max(max(max(most.x, most.y), max(most.z, most.w)));
        const float from_zero = highest == minus_infinity() ? 0.0 : highest;   // -inf - -inf would be NaN

        precise vec4 sums = vec4(0.0);
        [[unroll]] for (int i = 0; i < MOST; ++i) if (i < QUADS) {
            z[i] = exp2_nonpositive((z[i] - from_zero) * LOG2_E);
            sums += FULL || lanes_column(lane, i) < width ? z[i] : vec4(0.0);
        }
        const float sum = lanes_sum(sums), inverse = sum == 0.0 ? 0.0 : 1.0 / sum;
        [[unroll]] for (int i = 0; i < MOST; i += 2) if (i < QUADS) {
            const uint column = lanes_column(lane, i);
            const vec4 low = z[i] * inverse, high = z[i + 1] * inverse;
            if (FULL) {
                result_set_eight(to + column, low, high);
            } else {
                if (column < width) result_set_four(to + column, low);
                if (column + 4u < width) result_set_four(to + column + 4u, high);
            }
        }
    }
}
