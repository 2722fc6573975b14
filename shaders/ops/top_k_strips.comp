// First half of top_k: one lane scans one strip of one row of logits, once, and keeps
//   stats [rows, strips, 2]             maximum, and sum of exp(logit - maximum)
//   candidates [rows, strips, k, 2]     the strip's best, as (logit, id), best first; (-inf, none) where fewer
// Banned ids [all rows, banned_columns], ascending, are not kept; COUNT_BANNED says whether they count in
// the sum. A dispatch has some strips of all its rows. LIST is the longest k of this variant.
//
// Logits are taken four at a time, counted from the strip's begin: the bits of a row do not depend on where it lies. Ids
// ascend, so among equals the lower one stays ahead.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP        = 64;
layout(constant_id = 1) const bool COUNT_BANNED = true;
layout(constant_id = 2) const bool ALIGNED      = false;   // strips begin at multiples of four

#include "../params/top_k.h"
layout(push_constant) uniform Push { TopKParams p; };

#include "../formats/storage.glsl"
READS(0, logits, F32)
layout(binding = 1) readonly  buffer Banned     { uint banned[]; };
layout(binding = 2) writeonly buffer Stats      { vec2 stats[]; };
layout(binding = 3) writeonly buffer Candidates { uvec2 candidates[]; };

#include "../common/numeric.glsl"
#include "../common/best_list.glsl"
#include "../common/weight_of.glsl"
#include "../common/work.glsl"

float highest_of(vec4 four) { return max(max(four.x, four.y), max(four.z, four.w)); }

// Four logits from `at` on, the first `count` of them; -inf behind these.
vec4 four_logits(uint at, uint count) {
    if (ALIGNED && count >= 4u) return logits_four(at);
    vec4 four = vec4(minus_infinity());
    [[unroll]] for (uint i = 0u; i < 4u; ++i) {
        if (i < count) four[i] = logits_at(at + i);
    }
    return four;
}

void main() {
    const uint lane = group_index() * GROUP + gl_LocalInvocationID.x;
    const uint row = lane / p.strips_here, strip = p.first_strip + lane % p.strips_here;
    if (row >= p.rows) return;
    begin_list();

    const uint begin = strip * p.strip, end = min(begin + p.strip, p.vocabulary);
    const uint from = p.logits_start + row * p.vocabulary - p.first_strip * p.strip;
    const uint bans_end = p.banned_start + (p.first_row + row + 1u) * p.banned_columns;
    uint       ban = bans_end - p.banned_columns, next_ban = NONE;
    for (; ban < bans_end; ++ban) {
        next_ban = banned[ban];
        if (next_ban >= begin) break;
    }

    float maximum = minus_infinity(), sum = 0.0;
    for (uint id = begin; id < end; id += 4u) {
        const vec4 four = four_logits(from + id, end - id);
        vec4       kept = four, counted = four;
        while (ban < bans_end && next_ban < id + 4u) {
            [[unroll]] for (uint i = 0u; i < 4u; ++i) {
                if (id + i != next_ban) continue;
                kept[i] = minus_infinity();
                if (!COUNT_BANNED) counted[i] = minus_infinity();
            }
            if (++ban < bans_end) next_ban = banned[ban];
        }
        if (highest_of(kept) > best[LAST]) keep_four(kept, id);
        const float highest = highest_of(counted);
        if (highest > maximum) {
            sum *= weight_of(maximum, highest);
            maximum = highest;
        }
        sum += (weight_of(counted.x, maximum) + weight_of(counted.y, maximum)) +
               (weight_of(counted.z, maximum) + weight_of(counted.w, maximum));
    }
    stats[(p.first_row + row) * p.strips + strip] = vec2(maximum, sum);
    const uint to = ((p.first_row + row) * p.strips + strip) * p.k;
    EACH_PLACE(i) {
        if (i < p.k) candidates[to + i] = uvec2(floatBitsToUint(best[i]), best_id[i]);
    }
}
