// result = scale * table[id] + position_table[position]
//
// ids, positions  [tokens] u32     table  [V, width] f32|f16, row-major or in panels of 16 rows
// position_table  [P, width] f32   result  [tokens, width] f32
// A dispatch sees some rows and columns of each table: a token whose rows lie elsewhere is left to
// others. Ids and positions beyond a table read its last row.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP      = 64;
layout(constant_id = 1) const uint TABLE_TYPE = 0;
layout(constant_id = 2) const bool PANELS     = false;
layout(constant_id = 3) const bool POSITIONS  = false;

#include "../params/embedding.h"
layout(push_constant) uniform Push { EmbeddingParams p; };

#include "../formats/storage.glsl"
layout(binding = 0) readonly  buffer Ids           { uint ids[]; };
READS(1, table, TABLE_TYPE)
layout(binding = 2) readonly  buffer Positions     { uint positions[]; };
layout(binding = 3) readonly  buffer PositionTable { float position_table[]; };
layout(binding = 4) writeonly buffer Result        { float result[]; };

#include "../common/work.glsl"

const uint PANEL_ROWS = 16u;

uint table_index(uint row, uint column) {
    if (PANELS) return p.table_start + (row / PANEL_ROWS * p.table_stride + column) * PANEL_ROWS + row % PANEL_ROWS;
    return p.table_start + row * p.table_stride + column;
}

void main() {
    const uint i = group_index() * GROUP + gl_LocalInvocationID.x;
    const uint token = i / p.columns, column = i % p.columns;
    if (token >= p.tokens) return;

    const uint row = min(ids[p.ids_start + token], p.table_rows - 1u);
    if (row < p.table_first || row - p.table_first >= p.table_seen) return;
    float value = p.scale * table_at(table_index(row - p.table_first, column));
    if (POSITIONS) {
        const uint position = min(positions[p.positions_start + token], p.position_rows - 1u);
        if (position < p.position_first || position - p.position_first >= p.position_seen) return;
        value += position_table[p.position_start + (position - p.position_first) * p.position_stride + column];
    }
    result[p.result_start + token * p.result_stride + column] = value;
}
