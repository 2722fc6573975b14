// memory[i] = memory[indices[i]] for i = 0 .. rows-1, in place; indices ascend, so indices[i] >= i.
//
// memory  [.., stride] of 32-bit words    indices  [rows] u32
// One lane owns RUN neighbouring words of every row and walks down the rows: what it reads it has not yet written.
// With `renumber` the words are row numbers themselves, and move down as far as their row does.
// A memory may be cut into blocks of rows: what comes from other blocks is left to keep_rows_between.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 64;
layout(constant_id = 1) const uint RUN   = 2;   // or 4, 8, 16, of which a row's words and starts are multiples

#include "../params/beams.h"
layout(push_constant) uniform Push { KeepRowsParams p; };

layout(binding = 0)          buffer Memory  { uint memory[]; };
layout(binding = 0)          buffer Quads   { uvec4 quads[]; };
layout(binding = 1) readonly buffer Indices { uint indices[]; };

#include "../common/work.glsl"

void main() {
    const uint word = RUN * (group_index() * GROUP + gl_LocalInvocationID.x);
    if (word >= p.words) return;
    for (uint row = 0u; row < p.rows; ++row) {
        const uint to = p.first_row + row, from = indices[p.indices_start + row];
        if (from <= to || from - p.source_first >= p.source_rows) continue;   // beyond the block
        const uint source = p.source_start + (from - p.source_first) * p.stride + word,
                   target = p.memory_start + row * p.stride + word, renumbered = p.renumber * (from - to);
        if (RUN > 2u) {
            [[unroll]] for (uint i = 0u; i < 16u; i += 4u) {
                if (i < RUN) quads[(target + i) >> 2] = quads[(source + i) >> 2] - renumbered;
            }
        } else {
            [[unroll]] for (uint i = 0u; i < 2u; ++i) {
                if (word + i < p.words) memory[target + i] = memory[source + i] - renumbered;
            }
        }
    }
}
