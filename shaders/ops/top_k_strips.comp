// First half of top_k: one lane scans one strip of one row of logits, once, and keeps
//   stats [rows, strips, 2]             maximum, and sum of exp(logit - maximum)
//   candidates [rows, strips, k, 2]     the strip's best, as (logit, id), best first; (-inf, none) where fewer
// Banned ids [all rows, banned_columns], ascending, are not kept; COUNT_BANNED says whether they count in
// the sum. A dispatch has some strips of all its rows. Ids ascend in the scan, so among equals the lower id stays ahead. LIST is the longest k of
// this variant.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP        = 64;
layout(constant_id = 1) const bool COUNT_BANNED = true;

#include "../params/top_k.h"
layout(push_constant) uniform Push { TopKParams p; };

layout(binding = 0) readonly  buffer Logits     { float logits[]; };
layout(binding = 1) readonly  buffer Banned     { uint banned[]; };
layout(binding = 2) writeonly buffer Stats      { vec2 stats[]; };
layout(binding = 3) writeonly buffer Candidates { uvec2 candidates[]; };

#include "../common/work.glsl"

#include "../common/numeric.glsl"
const uint  NONE           = 0xffffffffu;

float best[LIST];
uint  best_id[LIST];

void keep(float logit, uint id) {
    if (!(logit > best[p.k - 1u])) return;
    uint place = p.k - 1u;
    // Several steps a turn: logits that ascend move the whole list each time, and lavapipe counts the turns.
    while (place > 0u && logit > best[place - 1u]) {
        [[unroll]] for (int step = 0; step < 8; ++step) {
            if (place > 0u && logit > best[place - 1u]) {
                best[place] = best[place - 1u];
                best_id[place] = best_id[place - 1u];
                --place;
            }
        }
    }
    best[place] = logit;
    best_id[place] = id;
}

void main() {
    const uint lane = group_index() * GROUP + gl_LocalInvocationID.x;
    const uint row = lane / p.strips_here, strip = p.first_strip + lane % p.strips_here;
    if (row >= p.rows) return;
    for (uint i = 0u; i < p.k; ++i) {
        best[i] = minus_infinity();
        best_id[i] = NONE;
    }

    const uint begin = strip * p.strip, end = min(begin + p.strip, p.vocabulary);
    const uint from = p.logits_start + row * p.vocabulary - p.first_strip * p.strip;
    const uint bans = p.banned_start + (p.first_row + row) * p.banned_columns, bans_end = bans + p.banned_columns;
    uint  ban = bans;
    while (ban < bans_end && banned[ban] < begin) ++ban;

    float maximum = minus_infinity(), sum = 0.0;
    for (uint id = begin; id < end; ++id) {
        const float logit = logits[from + id];
        const bool  allowed = ban >= bans_end || banned[ban] != id;
        while (ban < bans_end && banned[ban] == id) ++ban;
        if (allowed) keep(logit, id);
        if (!(allowed || COUNT_BANNED)) continue;
        if (logit > maximum) {                      // exp(-inf - finite) is 0 on every device
            sum *= exp(maximum - logit);
            maximum = logit;
        }
        if (logit > minus_infinity()) sum += exp(logit - maximum);
    }
    stats[(p.first_row + row) * p.strips + strip] = vec2(maximum, sum);
    for (uint i = 0u; i < p.k; ++i)
        candidates[((p.first_row + row) * p.strips + strip) * p.k + i] = uvec2(floatBitsToUint(best[i]), best_id[i]);
}
