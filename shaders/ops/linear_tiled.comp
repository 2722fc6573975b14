// y = activation(x W^T + bias) + residual, from tiles in shared memory: for GPUs with many rows.
//
// x [rows, K] f32|f16   weight [outputs, K] f32|f16|i8 in panels of 16 outputs   bias [N] f32
// residual [rows, N] f32   y [rows, N] f32|f16
// A workgroup of 128 makes ROWS (64 or 16) rows x 64 outputs, 16 k at a time; the next 16 are on
// their way from memory while it computes. A sum is the sum, in ascending order, of sums over 32 k
// each (SLICE), one fma per k: the order of linear_slices, so that a row's bits do not depend on R.
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

const uint GROUP   = 128u;
const uint OUTPUTS = 64u;                       // of a tile
const uint STEP    = 16u;                       // k of a tile
const uint SLICE   = 32u;                       // k of a partial sum; a multiple of STEP
const int  FOURS   = ROWS == 64 ? 2 : 1;        // a lane's outputs / 4
const int  HEIGHT  = ROWS == 64 ? 4 : 2;        // a lane's rows
const uint ACROSS  = OUTPUTS / (4u * FOURS);    // lanes side by side along the outputs

// Tiles are k-major. A row of padding per k spreads columns over the banks.
const uint X_PITCH = ROWS + 4u;
const uint W_PITCH = OUTPUTS / 4u + 1u;
shared float x_tile[STEP * X_PITCH];
shared vec4  w_tile[STEP * W_PITCH];

const int X_FOURS = ROWS * 16 / 4 / 128 > 0 ? ROWS * 16 / 4 / 128 : 1;   // a lane's share of the tiles
const int W_FOURS = 2;

// Elements k .. k+3 of a row of x; 0 beyond the row's end.
vec4 x_part(uint row, uint k) {
    const uint i = p.x_first + min(row, p.rows - 1u) * p.x_stride + k;
    if (ALIGNED) return k < p.width ? x_four(i) : vec4(0.0);
    vec4 part = vec4(0.0);
    [[unroll]] for (int j = 0; j < 4; ++j) {
        if (k + j < p.width) part[j] = x_at(i + j);
    }
    return part;
}

void load_tiles(uint first_row, uint first_panel, uint k, out vec4 xs[X_FOURS], out vec4 ws[W_FOURS]) {
    const uint lane = gl_LocalInvocationID.x;
    [[unroll]] for (int j = 0; j < X_FOURS; ++j) {
        const uint i = lane + j * GROUP;
        xs[j] = x_part(first_row + i / 4u, k + (i % 4u) * 4u);
    }
    const uint last_panel = (p.outputs - 1u) / PANEL;
    [[unroll]] for (int j = 0; j < W_FOURS; ++j) {
        const uint i     = lane + j * GROUP;                         // panel, k within the step, four outputs
        const uint panel = weight_panel(p.first_panel + min(first_panel + i / 64u, last_panel), p.width);
        const uint row_k = k + (i % 64u) / 4u;
        ws[j] = vec4(0.0);
        if (row_k < p.width)
            ws[j] = weight_rows_four(weight_column(panel, row_k), i % 4u, weight_scales(panel, row_k, i % 4u));
    }
}

void store_tiles(vec4 xs[X_FOURS], vec4 ws[W_FOURS]) {
    const uint lane = gl_LocalInvocationID.x;
    [[unroll]] for (int j = 0; j < X_FOURS; ++j) {
        const uint i = lane + j * GROUP;
        if (i / 4u < ROWS) {
            [[unroll]] for (int c = 0; c < 4; ++c) x_tile[((i % 4u) * 4u + c) * X_PITCH + i / 4u] = xs[j][c];
        }
    }
    [[unroll]] for (int j = 0; j < W_FOURS; ++j) {
        const uint i = lane + j * GROUP;
        w_tile[((i % 64u) / 4u) * W_PITCH + (i / 64u) * 4u + i % 4u] = ws[j];
    }
}

void main() {
    const uint group       = group_index();
    const uint first_row   = (group % p.row_groups) * ROWS;
    const uint first_panel = (group / p.row_groups) * (OUTPUTS / PANEL);
    if (first_panel * PANEL >= p.outputs) return;               // uniform in the workgroup: barriers stay legal
    const uint column = gl_LocalInvocationID.x % ACROSS;        // in units of 4 * FOURS outputs
    const uint line   = gl_LocalInvocationID.x / ACROSS;        // in units of HEIGHT rows

    vec4 total[HEIGHT * FOURS], sums[HEIGHT * FOURS];
    [[unroll]] for (int i = 0; i < HEIGHT * FOURS; ++i) total[i] = sums[i] = vec4(0.0);

    vec4 xs[X_FOURS], ws[W_FOURS];
    load_tiles(first_row, first_panel, 0u, xs, ws);
    for (uint k = 0u; k < p.width; k += STEP) {
        barrier();                                              // nobody reads the tiles any more
        store_tiles(xs, ws);
        barrier();
        if (k + STEP < p.width) load_tiles(first_row, first_panel, k + STEP, xs, ws);
        [[unroll]] for (uint i = 0u; i < STEP; ++i) {
            vec4 w[FOURS];
            [[unroll]] for (int v = 0; v < FOURS; ++v) w[v] = w_tile[i * W_PITCH + column * FOURS + v];
            [[unroll]] for (int r = 0; r < HEIGHT; ++r) {
                const float a = x_tile[i * X_PITCH + line * HEIGHT + r];
                [[unroll]] for (int v = 0; v < FOURS; ++v) sums[r * FOURS + v] = fma(vec4(a), w[v], sums[r * FOURS + v]);
            }
        }
        if ((k + STEP) % SLICE == 0u || k + STEP >= p.width) {
            [[unroll]] for (int i = 0; i < HEIGHT * FOURS; ++i) {
                total[i] += sums[i];
                sums[i] = vec4(0.0);
            }
        }
    }
    [[unroll]] for (int v = 0; v < FOURS; ++v) {
        const uint four         = first_panel * PANEL + (column * FOURS + v) * 4u;
        const vec4 bias_of_four = bias_part(four);
        [[unroll]] for (int r = 0; r < HEIGHT; ++r) {
            const uint row = first_row + line * HEIGHT + r;
            if (row < p.rows) finish_four(row, four, total[r * FOURS + v], bias_of_four);
        }
    }
}
