// result = scale * table[id] + position_table[position]
//
// ids, positions  [tokens] u32     table  [V, width] f32|f16, row-major, or f32|f16|i8 in panels of 16 rows
// position_table  [P, width] f32   result  [tokens, width] f32
// A dispatch sees some rows and columns of each table: a token whose rows lie elsewhere is left to
// others. Ids and positions beyond a table read its last row; with ZERO_BEYOND such an id gives 0.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP       = 64;
layout(constant_id = 1) const uint TABLE_TYPE  = 0;
layout(constant_id = 2) const bool IN_PANELS   = false;
layout(constant_id = 3) const bool POSITIONS   = false;
layout(constant_id = 4) const bool ZERO_BEYOND = false;

#include "../params/embedding.h"
layout(push_constant) uniform Push { EmbeddingParams p; };

#include "../formats/storage.glsl"
#include "../formats/panels.glsl"
layout(binding = 0) readonly  buffer Ids           { uint ids[]; };
READS(1, table, TABLE_TYPE)
PANELS(table, TABLE_TYPE)
layout(binding = 2) readonly  buffer Positions     { uint positions[]; };
layout(binding = 3) readonly  buffer PositionTable { float position_table[]; };
layout(binding = 4) writeonly buffer Result        { float result[]; };

#include "../common/work.glsl"

float element_of(uint row, uint column) {
    if (!IN_PANELS) return table_at(p.table_start + row * p.table_stride + column);
    return table_element(table_panel(row / PANEL, p.table_stride), p.table_start + column, row % PANEL);
}

void main() {
    const uint i = group_index() * GROUP + gl_LocalInvocationID.x;
    const uint token = i / p.columns, column = i % p.columns;
    if (token >= p.tokens) return;

    const uint id = ids[p.ids_start + token], row = min(id, p.table_rows - 1u);
    if (row < p.table_first || row - p.table_first >= p.table_seen) return;
    float value = 0.0;
    if (!ZERO_BEYOND || id < p.table_rows) value = p.scale * element_of(row - p.table_first, column);
    if (POSITIONS) {
        const uint position = min(positions[p.positions_start + token], p.position_rows - 1u);
        if (position < p.position_first || position - p.position_first >= p.position_seen) return;
        value += position_table[p.position_start + (position - p.position_first) * p.position_stride + column];
    }
    result[p.result_start + token * p.result_stride + column] = value;
}
