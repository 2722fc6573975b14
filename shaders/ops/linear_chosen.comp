// y[r, i] = x[r] . weight[chosen[s, i]] + bias[chosen[s, i]],  s the sentence of row r; -inf where chosen[s, i] >= V
//
// x [R, K] f32|f16   weight [V, K] f32|f16|i8 in panels of 16 rows   chosen [S, n] u32   bias [V] f32   y [R, n] f32
// A lane makes ROWS rows of a sentence for one place of its list; lanes of a workgroup lie side by side along the
// list. A dispatch sees some rows and columns of the weight: places that name other rows are left to others, sums
// over the columns before go on. Every sum runs over k in ascending order, one fma each: the same bits whatever
// lies beside it.
//
// LANES > 1: as in linear_registers, lanes load what they share by turns, lane l element k + l of each row of x.
// A subgroup has at least LANES lanes then.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#if LANES > 1
#extension GL_KHR_shader_subgroup_shuffle : require
#endif

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP       = 8;
layout(constant_id = 1) const uint X_TYPE      = 0;
layout(constant_id = 2) const uint WEIGHT_TYPE = 0;
layout(constant_id = 3) const bool BIAS        = false;

#include "../params/linear_chosen.h"
layout(push_constant) uniform Push { LinearChosenParams p; };

#include "../formats/storage.glsl"
#include "../formats/panels.glsl"
READS(0, x, X_TYPE)
READS(1, weight, WEIGHT_TYPE)
PANELS(weight, WEIGHT_TYPE)
layout(binding = 2) readonly buffer Chosen { uint chosen[]; };
layout(binding = 3) readonly buffer Bias   { float bias[]; };
layout(binding = 4)          buffer Y      { float y[]; };

#include "../common/numeric.glsl"
#include "../common/work.glsl"

#if LANES > 1
#define SHARED_BY(held, l) subgroupShuffle(held, uint(l))
#else
#define SHARED_BY(held, l) held
#endif

void main() {
    const uint group     = group_index();
    const uint first     = group % p.row_groups * ROWS;
    const uint sentence  = group / p.row_groups / p.place_groups;
    if (sentence >= p.sentences) return;                        // uniform in the workgroup
    const uint place     = group / p.row_groups % p.place_groups * GROUP + gl_LocalInvocationID.x;
    // Lanes beyond the list repeat its last place; those whose row is elsewhere or nowhere multiply with another:
    // loads stay inside, and what is not theirs is not written.
    const uint id        = chosen[p.chosen_start + sentence * p.chosen_sentence + min(place, p.places - 1u)];
    const uint row       = min(id, p.weight_rows - 1u);         // who has the last row answers for none
    const bool own       = place < p.places && row >= p.first_row && row < p.end_row;
    const uint local_row = clamp(row, p.first_row, p.end_row - 1u) - p.chunk_row;
    const uint panel     = weight_panel(local_row / PANEL, p.width), in_panel = local_row % PANEL;
    const uint to        = p.y_start + sentence * p.y_sentence + place;

    uint  from[ROWS];
    float sums[ROWS];
    [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
        from[r] = p.x_start + sentence * p.x_sentence + min(first + r, p.rows - 1u) * p.x_row;
        sums[r] = 0.0;
        if (p.goes_on != 0u && own && first + r < p.rows) sums[r] = y[to + (first + r) * p.y_row];
    }

    uint k = 0u;
    for (; k + LANES <= p.width; k += LANES) {
#if LANES > 1
        const uint mine = k + gl_SubgroupInvocationID % LANES;
#else
        const uint mine = k;
#endif
        float held[ROWS], w[LANES];
        [[unroll]] for (uint r = 0u; r < ROWS; ++r) held[r] = x_at(from[r] + mine);
        [[unroll]] for (uint l = 0u; l < LANES; ++l) w[l] = weight_element(panel, k + l, in_panel);
        [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
            [[unroll]] for (uint l = 0u; l < LANES; ++l) sums[r] = fma(SHARED_BY(held[r], l), w[l], sums[r]);
        }
    }
    for (; k < p.width; ++k) {
        const float w = weight_element(panel, k, in_panel);
        [[unroll]] for (uint r = 0u; r < ROWS; ++r) sums[r] = fma(x_at(from[r] + k), w, sums[r]);
    }

    if (!own) return;
    const float shift = BIAS ? bias[p.bias_start + row - p.first_row] : 0.0;
    [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
        if (first + r < p.rows) y[to + (first + r) * p.y_row] = id < p.weight_rows ? sums[r] + shift : minus_infinity();
    }
}
