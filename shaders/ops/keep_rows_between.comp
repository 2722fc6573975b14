// keep_rows from one block of rows of a memory into another: memory[i] = source[indices[i]] for the rows i of
// the one whose indices lie in the other.
//
// memory, source  [.., stride] of 32-bit words    indices  [rows] u32
// One lane owns one word of every row, as in keep_rows.comp.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;

#include "../params/beams.h"
layout(push_constant) uniform Push { KeepRowsParams p; };

layout(binding = 0) writeonly buffer Memory  { uint memory[]; };
layout(binding = 1) readonly  buffer Indices { uint indices[]; };
layout(binding = 2) readonly  buffer Source  { uint source[]; };

#include "../common/work.glsl"

void main() {
    const uint word = group_index() * GROUP + gl_LocalInvocationID.x;
    if (word >= p.words) return;
    for (uint row = 0u; row < p.rows; ++row) {
        const uint from = indices[p.indices_start + row];
        if (from < p.source_first || from - p.source_first >= p.source_rows) continue;
        const uint at = p.source_start + (from - p.source_first) * p.stride + word;
        memory[p.memory_start + row * p.stride + word] = source[at] - p.renumber * (from - p.first_row - row);
    }
}
