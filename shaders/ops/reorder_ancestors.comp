// ancestors[r, t] = t < position[r] ? ancestors_before[parents[r], t] : r,  in place.
//
// ancestors  [R, T] u32    parents, position  [R] u32    R = sentences * beams
// One lane owns one t of one sentence: it reads what its beams had, then writes what they have.
// Parents outside the lane's own sentence are clamped into it.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/beams.h"
layout(push_constant) uniform Push { ReorderAncestorsParams p; };

layout(binding = 0)          buffer Ancestors { uint ancestors[]; };
layout(binding = 1) readonly buffer Parents   { uint parents[]; };
layout(binding = 2) readonly buffer Position  { uint position[]; };

#include "../common/work.glsl"

const uint MAX_BEAMS = 64u;

void main() {
    const uint i = group_index() * GROUP + gl_LocalInvocationID.x;
    const uint sentence = i / p.capacity, t = i % p.capacity;
    if (sentence >= p.sentences) return;
    const uint first = p.first_row + sentence * p.beams, start = p.ancestors_start + sentence * p.beams * p.capacity + t;

    uint before[MAX_BEAMS];
    for (uint beam = 0u; beam < p.beams; ++beam) before[beam] = ancestors[start + beam * p.capacity];
    for (uint beam = 0u; beam < p.beams; ++beam) {
        const uint local = sentence * p.beams + beam, row = first + beam;
        const uint parent = clamp(parents[p.parents_start + local], first, first + p.beams - 1u) - first;
        ancestors[start + beam * p.capacity] = t < position[p.position_start + local] ? before[parent] : row;
    }
}
