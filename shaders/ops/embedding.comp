// result = scale * table[id] + position_table[position]
//
// ids, positions  [tokens] u32     table  [V, width] f32|f16, row-major, or f32|f16|i8 in panels of 16 rows
// position_table  [P, width] f32   result  [tokens, width] f32
// A dispatch sees some rows and columns of each table: a token whose rows lie elsewhere is left to
// others. Ids and positions beyond a table read its last row; with ZERO_BEYOND such an id gives 0.
// One lane makes RUN neighbours.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP       = 64;
layout(constant_id = 1) const uint TABLE_TYPE  = 0;
layout(constant_id = 2) const bool IN_PANELS   = false;
layout(constant_id = 3) const bool POSITIONS   = false;
layout(constant_id = 4) const bool ZERO_BEYOND = false;
layout(constant_id = 5) const uint RUN         = 2;      // or 4, 8, 16, of which columns, strides and starts are multiples

#include "../params/embedding.h"
layout(push_constant) uniform Push { EmbeddingParams p; };

#include "../formats/storage.glsl"
#include "../formats/panels.glsl"
layout(binding = 0) readonly  buffer Ids           { uint ids[]; };
READS(1, table, TABLE_TYPE)
PANELS(table, TABLE_TYPE)
layout(binding = 2) readonly  buffer Positions     { uint positions[]; };
READS(3, place, F32)
WRITES(4, result, F32)

#include "../common/work.glsl"

float element_of(uint row, uint column) {
    if (!IN_PANELS) return table_at(p.table_start + row * p.table_stride + column);
    return table_element(table_panel(row / PANEL, p.table_stride), p.table_start + column, row % PANEL);
}

vec4 elements_of(uint row, uint column) {
    if (!IN_PANELS) return table_four(p.table_start + row * p.table_stride + column);
    return vec4(element_of(row, column), element_of(row, column + 1u), element_of(row, column + 2u), element_of(row, column + 3u));
}

void set_four(uint to, uint row, uint place, uint column, float scale) {
    vec4 values = vec4(0.0);
    if (scale != 0.0) values = scale * elements_of(row, column);
    if (POSITIONS) values += place_four(place + column);
    result_set_four(to, values);
}

void main() {
    const uint run = group_index() * GROUP + gl_LocalInvocationID.x, row_runs = (p.columns + RUN - 1u) / RUN;
    const uint token = run / row_runs, column = RUN * (run % row_runs);
    if (token >= p.tokens) return;

    const uint id = ids[p.ids_start + token], row = min(id, p.table_rows - 1u);
    if (row < p.table_first || row - p.table_first >= p.table_seen) return;
    const uint  seen  = row - p.table_first;
    const float scale = !ZERO_BEYOND || id < p.table_rows ? p.scale : 0.0;
    uint        place = p.position_start;
    if (POSITIONS) {
        const uint position = min(positions[p.positions_start + token], p.position_rows - 1u);
        if (position < p.position_first || position - p.position_first >= p.position_seen) return;
        place += (position - p.position_first) * p.position_stride;
    }
    const uint to = p.result_start + token * p.result_stride;
    if (RUN == 4u) {
        set_four(to + column, seen, place, column, scale);
    } else if (RUN > 4u) {
        // CPU drivers compile each load, and the first sentence waits for them.
        [[dont_unroll]] for (uint c = column; c < column + RUN; c += 4u) set_four(to + c, seen, place, c, scale);
    } else {
        for (uint c = column; c < min(column + 2u, p.columns); ++c) {
            float value = 0.0;
            if (scale != 0.0) value = scale * element_of(seen, c);
            if (POSITIONS) value += place_at(place + c);
            result_set(to + c, value);
        }
    }
}
