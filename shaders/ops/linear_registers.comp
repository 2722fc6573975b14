// y = activation(x W^T + bias) + residual, in registers alone: no shared memory, no barrier.
//
// x [rows, K] f32|f16   weight [outputs, K] f32|f16|i8 in panels of 16 outputs   bias [N] f32
// residual [rows, N] f32   y [rows, N] f32|f16
// A lane makes ROWS rows x 8 outputs (half a panel); lanes of a workgroup lie side by side along the
// outputs. Every sum runs over k in ascending order, one fma each: the same bits for any ROWS and LANES.
//
// APPEND: some of the outputs go into caches instead (common/linear_append.glsl).
// NORM: the last workgroup to finish some rows normalises them: y = norm(what is above) (common/linear_norm.glsl).
// LANES > 1: software drivers spend one scalar load per lane on a value that all lanes share, so lane
// l loads rows l, l + LANES, ... alone and hands them round. A subgroup has at least LANES lanes then.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#if LANES > 1
#extension GL_KHR_shader_subgroup_shuffle : require
#endif
#if defined(TEXELS) && LANES == 8 && !defined(APPEND)
#extension GL_ARB_gpu_shader_int64 : require
#define EIGHTS
#endif
#include "../common/next_turn.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP       = 8;
layout(constant_id = 1) const uint X_TYPE      = 0;
layout(constant_id = 2) const uint WEIGHT_TYPE = 0;
layout(constant_id = 3) const uint Y_TYPE      = 0;
layout(constant_id = 4) const bool BIAS        = false;
layout(constant_id = 5) const bool RESIDUAL    = false;
layout(constant_id = 6) const uint ACTIVATION  = 0;
layout(constant_id = 7) const uint FOURS       = 1;       // of k in a turn, which K is a multiple of: 1 or 2; 0: rows of x allow no loads of four

#include "../params/linear.h"
layout(push_constant) uniform Push { LinearParams p; };

#include "../formats/storage.glsl"
#include "../formats/panels.glsl"
LOADS(0, x, X_TYPE, X_TYPE == F16)
LOADS(1, weight, WEIGHT_TYPE, WEIGHT_TYPE == I8)
PANELS(weight, WEIGHT_TYPE)
#include "../common/linear_output.glsl"
#include "../common/work.glsl"
#ifdef NORM
#include "../common/linear_norm_lanes.glsl"
#endif

const int HELD = (ROWS + LANES - 1) / LANES;   // rows whose elements one lane loads

// Row r of what the lanes hold from `held[at]` on.
#if LANES > 1
#define HELD_ROW(held, at, r) subgroupShuffle(held[at + r / LANES], uint(r % LANES))
#else
#define HELD_ROW(held, at, r) held[at + r]
#endif

// Goes on with N fours of k in a turn; sums still add one k after the other. Software drivers blend every sum with what it
// was, in each turn: two fours are up to a fifth faster. N is literal: what a specialization constant sizes or skips leaves
// lavapipe's registers.
#define TURNS(N)                                                                                       \
    for (uint k = first; k < end; k = next_turn(k + N * 4u)) {                                         \
        vec4 held[N * HELD], b[N * 4], c[N * 4];                                                       \
        [[unroll]] for (int f = 0; f < N; ++f) {                                                       \
            [[unroll]] for (int h = 0; h < HELD; ++h) held[f * HELD + h] = x_four(from[h] + k + f * 4u); \
        }                                                                                              \
        [[unroll]] for (int i = 0; i < N * 4; ++i)                                                     \
            weight_rows_eight(at + i * weight_QUADS, eight, scales_b, scales_c, b[i], c[i]);           \
        [[unroll]] for (int r = 0; r < ROWS; ++r) {                                                    \
            [[unroll]] for (int f = 0; f < N; ++f) {                                                   \
                const vec4 a = HELD_ROW(held, f * HELD, r);                                            \
                [[unroll]] for (int i = 0; i < 4; ++i) {                                               \
                    low[r]  = fma(vec4(a[i]), b[f * 4 + i], low[r]);                                   \
                    high[r] = fma(vec4(a[i]), c[f * 4 + i], high[r]);                                  \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
        at += N * 4u * weight_QUADS;                                                                   \
    }

void main() {
    const uint group     = group_index();
    const uint first_row = (group % p.row_groups) * ROWS;
    const uint output_   = ((group / p.row_groups) * GROUP + gl_LocalInvocationID.x) * 8u;
    // Lanes beyond the last panel repeat it, rows beyond the last repeat the last: loads stay inside, stores are dropped.
    const uint panel = weight_panel(p.first_panel + min(output_, p.outputs - 1u) / PANEL, p.width);
    const uint eight = output_ % PANEL / 8u;
    uint from[HELD];
    [[unroll]] for (int h = 0; h < HELD; ++h) {
#if LANES > 1
        const uint row = h * LANES + gl_SubgroupInvocationID % LANES;
#else
        const uint row = h;
#endif
        from[h] = p.x_first + min(first_row + row, p.rows - 1u) * p.x_stride;
    }

    vec4 low[ROWS], high[ROWS];
    [[unroll]] for (int r = 0; r < ROWS; ++r) low[r] = high[r] = vec4(0.0);

    const uint block = weight_block(p.width);
    for (uint first = 0u; first < p.width; first += block) {
        const vec4 scales_b = weight_scales(panel, first, eight * 2u), scales_c = weight_scales(panel, first, eight * 2u + 1u);
        const uint end = min(first + block, p.width);
        uint       at  = weight_column(panel, first);
        if (FOURS > 0u) {
#if LANES == 8
            if (FOURS == 2u) TURNS(2) else TURNS(1)
#else   // SwiftShader would compile both
            TURNS(1)
#endif
        } else {
            for (uint k = first; k < end; k = next_turn(k + 1u)) {
                float held[HELD];
                vec4  b, c;
                [[unroll]] for (int h = 0; h < HELD; ++h) held[h] = x_at(from[h] + k);
                weight_rows_eight(at, eight, scales_b, scales_c, b, c);
                [[unroll]] for (int r = 0; r < ROWS; ++r) {
                    const float a = HELD_ROW(held, 0, r);
                    low[r]  = fma(vec4(a), b, low[r]);
                    high[r] = fma(vec4(a), c, high[r]);
                }
                at += weight_QUADS;
            }
        }
    }

    // A copy that may be indexed by a variable, so that the sums above need not be. And min: an index that is the counter
    // itself makes Mesa unroll the loop, which costs more than it gains.
    vec4 sums[ROWS * 2];
    [[unroll]] for (int r = 0; r < ROWS; ++r) {
        sums[2 * r]     = low[r];
        sums[2 * r + 1] = high[r];
    }
    const vec4 bias_low = bias_part(output_), bias_high = bias_part(output_ + 4u);
    const uint rows     = min(uint(ROWS), p.rows - first_row);
#ifdef EIGHTS
    for (uint r = 0u; r < rows; ++r) {
        const uint held = 2u * min(r, ROWS - 1u);
        finish_eight(first_row + r, output_, sums[held], sums[held + 1u], bias_low, bias_high);
    }
#else
    for (uint i = 0u; i < 2u * rows; ++i) {
        const vec4 sum = sums[min(i, 2u * ROWS - 1u)];
        finish_four(first_row + i / 2u, output_ + (i & 1u) * 4u, sum, (i & 1u) == 0u ? bias_low : bias_high);
    }
#endif
#ifdef NORM
    const uint makers = makers_of_rows(8u * GROUP);
    if (group / p.row_groups < makers) normalise_last(first_row, rows, group % p.row_groups, makers);
#endif
}
