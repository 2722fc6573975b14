// reorder_ancestors for a sentence whose rows do not fit one binding together: some columns of all its
// rows go into a window (TAKE), from which each row then takes its parent's.
//
// ancestors  [R, T] u32    parents, position  [R] u32    window  [beams, window_columns] u32
// One lane moves one element of the rows first_beam, ... of the sentence.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;
layout(constant_id = 1) const bool TAKE  = false;

#include "../params/beams.h"
layout(push_constant) uniform Push { ReorderWindowParams p; };

layout(binding = 0)          buffer Ancestors { uint ancestors[]; };
layout(binding = 1) readonly buffer Parents   { uint parents[]; };
layout(binding = 2) readonly buffer Position  { uint position[]; };
layout(binding = 3)          buffer Window    { uint window[]; };

#include "../common/work.glsl"

void main() {
    const uint i = group_index() * GROUP + gl_LocalInvocationID.x;
    if (i >= p.points) return;
    const uint line = i / p.columns, column = i % p.columns;
    const uint beam = p.first_beam + line, t = p.first_column + column;
    const uint at = p.ancestors_start + line * p.capacity + column, in_window = t - p.window_first;
    if (TAKE) {
        window[beam * p.window_columns + in_window] = ancestors[at];
    } else {
        const uint parent = clamp(parents[p.parents_start + beam], p.first_row, p.first_row + p.beams - 1u) - p.first_row;
        ancestors[at] = t < position[p.position_start + beam] ? window[parent * p.window_columns + in_window] : p.first_row + beam;
    }
}
