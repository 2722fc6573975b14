// One step of a simpler simple recurrent unit, in place:
//   f = sigmoid(forget),  cell = f * before + (1 - f) * candidate,  result = relu(cell)
// before[r] is the cell that row parents[r] of the same sentence had, or 0 where position[r] is 0.
//
// cell [R, d] f32   forget, candidate [R, d] f32|f16   parents, position [R] u32   result [R, d] f32|f16
// R = sentences * beams. One lane owns two neighbouring columns of the dispatch's rows of one sentence: it reads
// what its beams had, then writes what they have. Where the rows of a sentence do not fit one binding together
// (WINDOW), what they had lies in a window [beams, window_width], and a dispatch writes some of them.
// Parents outside the lane's own sentence are clamped into it. Compiled for the most BEAMS that it holds: few of them
// stay in registers.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP          = 32;
layout(constant_id = 1) const uint FORGET_TYPE    = 0;
layout(constant_id = 2) const uint CANDIDATE_TYPE = 0;
layout(constant_id = 3) const uint RESULT_TYPE    = 0;
layout(constant_id = 4) const bool PARENTS        = false;
layout(constant_id = 5) const bool POSITION       = false;
layout(constant_id = 6) const bool WINDOW         = false;
#ifdef SHARED
layout(constant_id = 7) const uint BEAMS          = 64;
#endif

#include "../params/ssru.h"
layout(push_constant) uniform Push { SsruParams p; };

#include "../formats/storage.glsl"
layout(binding = 0)          buffer Cell     { float cell[]; };
layout(binding = 1) readonly buffer Window   { float window[]; };
READS(2, forget, FORGET_TYPE)
READS(3, candidate, CANDIDATE_TYPE)
layout(binding = 4) readonly buffer Parents  { uint parents[]; };
layout(binding = 5) readonly buffer Position { uint position[]; };
WRITES(6, result, RESULT_TYPE)

#include "../common/activation.glsl"
#include "../common/lane_arrays.glsl"
#include "../common/work.glsl"

LANE_ARRAY(vec2, before, BEAMS)

float next_cell(float cell_before, uint forget_index, uint candidate_index) {
    const float f = sigmoid(forget_at(forget_index));
    return fma(f, cell_before, (1.0 - f) * candidate_at(candidate_index));
}

void main() {
    const uint pairs = (p.columns + 1u) / 2u;
    const uint i = group_index() * GROUP + gl_LocalInvocationID.x, sentence = i / pairs, column = 2u * (i % pairs);
    if (sentence >= p.sentences) return;
    const bool two = column + 1u < p.columns;
    const uint first = p.first_row + sentence * p.beams, start = p.cell_start + sentence * p.beams * p.width + column;

    if (!WINDOW) {
        for (uint beam = 0u; beam < p.rows; ++beam) {
            // min: an index that is the counter itself makes Mesa unroll the loop.
            const uint at = start + beam * p.width;
            before[of_lane(min(beam, BEAMS - 1u))] = vec2(cell[at], two ? cell[at + 1u] : 0.0);
        }
    }
    for (uint beam = 0u; beam < p.rows; ++beam) {
        const uint row = sentence * p.rows + beam;   // of the dispatch
        uint parent = p.first_beam + beam;
        if (PARENTS) parent = clamp(parents[p.parents_start + row], first, first + p.beams - 1u) - first;
        vec2 c = vec2(0.0);
        if (!POSITION || position[p.position_start + row] != 0u) {
            const uint at = p.window_start + parent * p.window_width + column;
            if (WINDOW) c = vec2(window[at], two ? window[at + 1u] : 0.0);
            else c = before[of_lane(min(parent, BEAMS - 1u))];
        }
        const uint forget_index = p.forget_start + row * p.forget_stride + column;
        const uint candidate_index = p.candidate_start + row * p.candidate_stride + column;
        const uint to = start + beam * p.width, to_result = p.result_start + row * p.width + column;
        cell[to] = c.x = next_cell(c.x, forget_index, candidate_index);
        if (two) {
            cell[to + 1u] = c.y = next_cell(c.y, forget_index + 1u, candidate_index + 1u);
            result_set_two(to_result, activate(c.x, ACTIVATION_RELU), activate(c.y, ACTIVATION_RELU));
        } else {
            result_set(to_result, activate(c.x, ACTIVATION_RELU));
        }
    }
}
