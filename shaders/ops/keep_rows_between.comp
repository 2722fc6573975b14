// keep_rows from one block of rows of a memory into another: memory[i] = source[indices[i]] for the rows i of
// the one whose indices lie in the other.
//
// memory, source  [.., stride] of 32-bit words    indices  [rows] u32
// One lane owns RUN words of every row, as in keep_rows.comp.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;
layout(constant_id = 1) const uint RUN   = 2;

#include "../params/beams.h"
layout(push_constant) uniform Push { KeepRowsParams p; };

layout(binding = 0) writeonly buffer Memory  { uint memory[]; };
layout(binding = 0) writeonly buffer Quads   { uvec4 quads[]; };
layout(binding = 1) readonly  buffer Indices { uint indices[]; };
layout(binding = 2) readonly  buffer Source  { uint source[]; };
layout(binding = 2) readonly  buffer SourceQuads { uvec4 source_quads[]; };

#include "../common/work.glsl"

void main() {
    const uint word = RUN * (group_index() * GROUP + gl_LocalInvocationID.x);
    if (word >= p.words) return;
    for (uint row = 0u; row < p.rows; ++row) {
        const uint from = indices[p.indices_start + row];
        if (from < p.source_first || from - p.source_first >= p.source_rows) continue;
        const uint at = p.source_start + (from - p.source_first) * p.stride + word,
                   target = p.memory_start + row * p.stride + word, renumbered = p.renumber * (from - p.first_row - row);
        if (RUN > 2u) {
            [[unroll]] for (uint i = 0u; i < 16u; i += 4u) {
                if (i < RUN) quads[(target + i) >> 2] = source_quads[(at + i) >> 2] - renumbered;
            }
        } else {
            [[unroll]] for (uint i = 0u; i < 2u; ++i) {
                if (word + i < p.words) memory[target + i] = source[at + i] - renumbered;
            }
        }
    }
}
