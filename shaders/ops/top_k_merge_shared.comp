// Second half of top_k on GPUs, for long lists: top_k_merge.comp with a workgroup for each row.
//   log_probabilities [rows, k] = (logit - maximum) - log sum exp(logit - maximum),  ids [rows, k]
// A lane takes every GROUP-th strip's sum, and every GROUP-th candidate of all strips.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/top_k.h"
layout(push_constant) uniform Push { TopKParams p; };

layout(binding = 0) readonly  buffer Stats            { vec2 stats[]; };
layout(binding = 1) readonly  buffer Candidates       { uvec2 candidates[]; };
layout(binding = 2) writeonly buffer Ids              { uint ids[]; };
layout(binding = 3) writeonly buffer LogProbabilities { float log_probabilities[]; };

#include "../common/numeric.glsl"
#include "../common/best_of_group.glsl"
#include "../common/reduce.glsl"
#include "../common/reduce_max.glsl"
#include "../common/work.glsl"

// maximum and log sum exp(logit - maximum), apart: their sum would lose the digits of large logits.
vec2 log_normaliser(uint row) {
    float maximum = minus_infinity(), sum = 0.0;
    for (uint s = gl_LocalInvocationID.x; s < p.strips; s += GROUP) maximum = max(maximum, stats[row * p.strips + s].x);
    maximum = workgroup_max(maximum);
    for (uint s = gl_LocalInvocationID.x; s < p.strips; s += GROUP) {
        const vec2 one = stats[row * p.strips + s];
        if (one.x > minus_infinity()) sum += one.y * exp(one.x - maximum);
    }
    return vec2(maximum, log(workgroup_sum(sum)));
}

void main() {
    const uint row = group_index(), lane = gl_LocalInvocationID.x;
    if (row >= p.rows) return;                     // uniform in the workgroup: barriers stay legal
    const vec2 normaliser = log_normaliser(row);
    const uint end = (row + 1u) * p.strips * p.k;

    begin_list();
    for (uint first = row * p.strips * p.k; first < end; first += OFFERS * GROUP) {
        [[unroll]] for (uint i = 0u; i < OFFERS; ++i) {
            const uint at = first + i * GROUP + lane;
            if (at >= end) continue;
            const uvec2 candidate = candidates[at];
            const float logit = uintBitsToFloat(candidate.x);
            if (is_wanted(logit, candidate.y)) offer(logit, candidate.y);
        }
        settle();
    }
    finish();

    for (uint i = lane; i < p.k; i += GROUP) {
        ids[p.ids_start + row * p.k + i] = best_id[i];
        log_probabilities[p.log_start + row * p.k + i] =
            best_id[i] == NONE ? minus_infinity() : (best[i] - normaliser.x) - normaliser.y;
    }
}
