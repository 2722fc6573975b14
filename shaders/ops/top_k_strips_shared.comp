// First half of top_k on GPUs, for lists that no lane can hold in registers: top_k_strips.comp with a workgroup for
// each strip of a row, whose lanes share the list.
//   stats [rows, strips, 2]             maximum, and sum of exp(logit - maximum)
//   candidates [rows, strips, k, 2]     the strip's best, as (logit, id), best first; (-inf, none) where fewer
// Banned ids [all rows, banned_columns], ascending, are not kept; COUNT_BANNED says whether they count in the sum.
// A lane takes every GROUP-th logit of the strip, and sums four of them at a time.
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

#include "../common/numeric.glsl"
#include "../common/best_of_group.glsl"
#include "../common/reduce.glsl"
#include "../common/reduce_max.glsl"
#include "../common/weight_of.glsl"
#include "../common/work.glsl"

bool is_banned(uint id, uint first_ban) {
    const uint end = first_ban + p.banned_columns;
    uint       low = first_ban, high = end;
    while (low < high) {
        const uint middle = (low + high) / 2u;
        if (banned[middle] < id) low = middle + 1u;
        else high = middle;
    }
    return low < end && banned[low] == id;
}

void main() {
    const uint row = group_index() / p.strips_here, strip = p.first_strip + group_index() % p.strips_here;
    if (row >= p.rows) return;                     // uniform in the workgroup: barriers stay legal
    const uint lane = gl_LocalInvocationID.x;
    const uint begin = strip * p.strip, end = min(begin + p.strip, p.vocabulary);
    const uint from = p.logits_start + row * p.vocabulary - p.first_strip * p.strip;
    const uint first_ban = p.banned_start + (p.first_row + row) * p.banned_columns;

    begin_list();
    float maximum = minus_infinity(), sum = 0.0;
    for (uint first = begin; first < end; first += OFFERS * GROUP) {
        vec4 four = vec4(minus_infinity());
        [[unroll]] for (uint i = 0u; i < OFFERS; ++i) {
            const uint id = first + i * GROUP + lane;
            if (id >= end) continue;
            const float logit = logits[from + id];
            const bool  wanted = is_wanted(logit, id), ban = (wanted || !COUNT_BANNED) && is_banned(id, first_ban);
            if (wanted && !ban) offer(logit, id);
            if (logit > minus_infinity() && (COUNT_BANNED || !ban)) four[i] = logit;   // as if NaN were -inf
        }
        const float highest = max(max(four.x, four.y), max(four.z, four.w));
        if (highest > maximum) {
            sum *= weight_of(maximum, highest);
            maximum = highest;
        }
        sum += (weight_of(four.x, maximum) + weight_of(four.y, maximum)) +
               (weight_of(four.z, maximum) + weight_of(four.w, maximum));
        settle();
    }
    finish();

    const uint  to = (p.first_row + row) * p.strips + strip;
    const float highest = workgroup_max(maximum), total = workgroup_sum(sum * weight_of(maximum, highest));
    if (lane == 0u) stats[to] = vec2(highest, total);
    for (uint i = lane; i < p.k; i += GROUP) candidates[to * p.k + i] = uvec2(floatBitsToUint(best[i]), best_id[i]);
}
