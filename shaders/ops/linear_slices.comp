// y = activation(x W^T + bias) + residual for few rows: lanes share out K, for GPUs.
//
// x [rows, K] f32|f16   weight [outputs, K] f32|f16|i8 in panels of 16 outputs   bias [N] f32
// residual [rows, N] f32   y [rows, N] f32|f16
// A workgroup of 128 makes ROWS rows x 16 outputs (a panel): four lanes side by side take four
// outputs each, 32 such fours take a slice of 32 k each. Slices are then added in ascending order:
// the order of linear_tiled, so that a row's bits do not depend on R.
// APPEND: some of the outputs go into caches instead (common/linear_append.glsl).
// NORM: the last workgroup to finish some rows normalises them: y = norm(what is above) (common/linear_norm.glsl).
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x = 128) in;
layout(constant_id = 1) const uint X_TYPE      = 0;
layout(constant_id = 2) const uint WEIGHT_TYPE = 0;
layout(constant_id = 3) const uint Y_TYPE      = 0;
layout(constant_id = 4) const bool BIAS        = false;
layout(constant_id = 5) const bool RESIDUAL    = false;
layout(constant_id = 6) const uint ACTIVATION  = 0;
layout(constant_id = 7) const bool ALIGNED     = true;    // rows of x allow loads of four elements

#include "../params/linear.h"
layout(push_constant) uniform Push { LinearParams p; };

#include "../formats/storage.glsl"
#include "../formats/panels.glsl"
READS(0, x, X_TYPE)
READS(1, weight, WEIGHT_TYPE)
PANELS(weight, WEIGHT_TYPE)
#include "../common/linear_output.glsl"
#include "../common/work.glsl"

const uint SLICE    = 32u;    // k of a partial sum
const uint PARALLEL = 32u;    // slices at work at once

shared vec4 partial[ROWS * PARALLEL * 4u];   // [row][slice][four outputs]
#ifdef NORM
#include "../common/linear_norm_group.glsl"
#endif

void main() {
    const uint group     = group_index();
    const uint first_row = (group % p.row_groups) * ROWS;
    const uint panel     = group / p.row_groups;
    if (panel * PANEL >= p.outputs) return;                     // uniform in the workgroup: barriers stay legal
    const uint lane = gl_LocalInvocationID.x, four = lane % 4u, place = lane / 4u;

    uint from[ROWS];
    [[unroll]] for (int r = 0; r < ROWS; ++r) from[r] = p.x_first + min(first_row + r, p.rows - 1u) * p.x_stride;
    const uint start = weight_panel(p.first_panel + panel, p.width);

    vec4 total = vec4(0.0);                                     // of row lane / 4, in the first 4 * ROWS lanes
    for (uint first = 0u; first < p.width; first += SLICE * PARALLEL) {
        vec4 sums[ROWS];
        [[unroll]] for (int r = 0; r < ROWS; ++r) sums[r] = vec4(0.0);
        uint       k      = first + place * SLICE;
        const uint end    = min(k + SLICE, p.width);
        const vec4 scales = weight_scales(start, min(k, p.width - 1u), four);   // a slice is a block, or within one
        if (ALIGNED) {
            for (; k + 4u <= end; k += 4u) {
                vec4 w[4];
                [[unroll]] for (int i = 0; i < 4; ++i) w[i] = weight_rows_four(weight_column(start, k + i), four, scales);
                [[unroll]] for (int r = 0; r < ROWS; ++r) {
                    const vec4 a = x_four(from[r] + k);
                    [[unroll]] for (int i = 0; i < 4; ++i) sums[r] = fma(vec4(a[i]), w[i], sums[r]);
                }
            }
        }
        for (; k < end; ++k) {
            const vec4 w = weight_rows_four(weight_column(start, k), four, scales);
            [[unroll]] for (int r = 0; r < ROWS; ++r) sums[r] = fma(vec4(x_at(from[r] + k)), w, sums[r]);
        }
        [[unroll]] for (int r = 0; r < ROWS; ++r) partial[(r * PARALLEL + place) * 4u + four] = sums[r];
        barrier();
        if (place < ROWS) {
            const uint slices = min(PARALLEL, (p.width - first + SLICE - 1u) / SLICE);
            for (uint s = 0u; s < slices; ++s) total += partial[(place * PARALLEL + s) * 4u + four];
        }
        barrier();                                              // partial is free for the next slices
    }
    if (place < ROWS && first_row + place < p.rows) {
        const uint output_ = panel * PANEL + four * 4u;
        finish_four(first_row + place, output_, total, bias_part(output_));
    }
#ifdef NORM
    normalise_last(first_row, min(uint(ROWS), p.rows - first_row), group % p.row_groups, makers_of_rows(PANEL));
#endif
}
