// Second half of top_k: one lane per row merges the strips' lists and normalises.
//   log_probabilities [rows, k] = (logit - maximum) - log sum exp(logit - maximum),  ids [rows, k]
// The strips' lists are sorted, and come in ascending order of their ids. LIST is the longest k of this variant.
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
#include "../common/best_list.glsl"
#include "../common/work.glsl"

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

void put(uint row, uint place, float logit, uint id, vec2 normaliser) {
    ids[p.ids_start + row * p.k + place]               = id;
    log_probabilities[p.log_start + row * p.k + place] = id == NONE ? minus_infinity() : (logit - normaliser.x) - normaliser.y;
}

#if LIST <= 16
// Of each list, what is not better than the worst that is kept ends it.
void merge(uint row, vec2 normaliser) {
    begin_list();
    for (uint s = 0u; s < p.strips; ++s) {
        const uint list = (row * p.strips + s) * p.k;
        for (uint place = 0u; place < p.k; ++place) {
            const uvec2 candidate = candidates[list + place];
            const float logit     = uintBitsToFloat(candidate.x);
            if (!(logit > best[LAST])) break;
            keep(logit, candidate.y);
        }
    }
    EACH_PLACE(i) {
        if (i < p.k) put(row, i, best[i], best_id[i], normaliser);
    }
}
#else
bool before(float a, uint a_id, float b, uint b_id) { return a > b || (a == b && a_id < b_id); }

// A list of so many takes more registers than GPUs have: the best one not yet taken is found again and again, by walking
// each list until it falls behind the last one taken.
void merge(uint row, vec2 normaliser) {
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
        put(row, i, best, best_id, normaliser);
        last = best;
        last_id = best_id;
        first = false;
    }
}
#endif

void main() {
    const uint row = group_index() * GROUP + gl_LocalInvocationID.x;
    if (row < p.rows) merge(row, log_normaliser(row));
}
