// Second half of top_k: one lane per row merges the strips' lists and normalises.
//   log_probabilities [rows, k] = (logit - maximum) - log sum exp(logit - maximum),  ids [rows, k]
// The strips' lists are sorted, so the best one not yet taken is found by walking each list until
// it falls behind the last one taken; order: higher logit, then lower id.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/top_k.h"
layout(push_constant) uniform Push { TopKParams p; };

layout(binding = 0) readonly  buffer Stats            { vec2 stats[]; };
layout(binding = 1) readonly  buffer Candidates       { uvec2 candidates[]; };
layout(binding = 2) writeonly buffer Ids              { uint ids[]; };
layout(binding = 3) writeonly buffer LogProbabilities { float log_probabilities[]; };

#include "../common/work.glsl"

#include "../common/numeric.glsl"
const uint  NONE           = 0xffffffffu;

bool before(float a, uint a_id, float b, uint b_id) { return a > b || (a == b && a_id < b_id); }

// maximum and log sum exp(logit - maximum), apart: their sum would lose the digits of large logits.
vec2 log_normaliser(uint row) {
    float maximum = minus_infinity(), sum = 0.0;
    for (uint s = 0u; s < p.strips; ++s) maximum = max(maximum, stats[row * p.strips + s].x);
    for (uint s = 0u; s < p.strips; ++s) {
        const vec2 one = stats[row * p.strips + s];
        if (one.x > minus_infinity()) sum += one.y * exp(one.x - maximum);
    }
    return vec2(maximum, log(sum));
}

void main() {
    const uint row = group_index() * GROUP + gl_LocalInvocationID.x;
    if (row >= p.rows) return;
    const vec2 normaliser = log_normaliser(row);

    float last = plus_infinity();      // nothing taken yet
    uint  last_id = 0u;
    bool  first = true;
    for (uint i = 0u; i < p.k; ++i) {
        float best = minus_infinity();
        uint  best_id = NONE;
        for (uint s = 0u; s < p.strips; ++s) {
            const uint list = (row * p.strips + s) * p.k;
            for (uint place = 0u; place < p.k; ++place) {
                const uvec2 candidate = candidates[list + place];
                const float logit = uintBitsToFloat(candidate.x);
                if (!first && !before(last, last_id, logit, candidate.y)) continue;   // already taken
                if (candidate.y != NONE && before(logit, candidate.y, best, best_id)) {
                    best = logit;
                    best_id = candidate.y;
                }
                break;
            }
        }
        ids[p.ids_start + row * p.k + i] = best_id;
        log_probabilities[p.log_start + row * p.k + i] = best_id == NONE ? minus_infinity() : (best - normaliser.x) - normaliser.y;
        last = best;
        last_id = best_id;
        first = false;
    }
}
