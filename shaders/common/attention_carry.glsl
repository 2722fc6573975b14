// What a row of a tile has summed up after a window of its keys, for the next one: columns of the
// result, the highest score and the sum of the weights, all f32. The kernel declares before: what
// attention_tile.glsl wants, D, HEAD_SIZE, and with WINDOWS CARRY_BINDING. Without, nothing is carried.
#ifdef WINDOWS
layout(binding = CARRY_BINDING) buffer Carry { float carry[]; };

const uint CARRY_COLUMNS = (D + 3u) / 4u * 4u;

uint carry_start(Tile tile, uint r) {
    const uint row = tile.first_query + r - p.first_row;
    return (row * p.heads + tile.head - p.first_head) * (CARRY_COLUMNS + 2u);
}

// What the windows before have left, if there were any.
void take_carried(Tile tile, uint r, inout vec4 sum[HEAD_SIZE / 4], inout float highest, inout float weights) {
    if (p.first_key == 0u) return;
    const uint start = carry_start(tile, r);
    [[unroll]] for (uint i = 0u; i < CARRY_COLUMNS / 4u; ++i)
        for (uint c = 0u; c < 4u; ++c) sum[i][c] = carry[start + i * 4u + c];
    highest = carry[start + CARRY_COLUMNS];
    weights = carry[start + CARRY_COLUMNS + 1u];
}

// Leaves it for the windows that follow; false if there are none.
bool carried_on(Tile tile, uint r, vec4 sum[HEAD_SIZE / 4], float highest, float weights) {
    if (p.end_key == 0xffffffffu) return false;
    const uint start = carry_start(tile, r);
    [[unroll]] for (uint i = 0u; i < CARRY_COLUMNS / 4u; ++i)
        for (uint c = 0u; c < 4u; ++c) carry[start + i * 4u + c] = sum[i][c];
    carry[start + CARRY_COLUMNS]      = highest;
    carry[start + CARRY_COLUMNS + 1u] = weights;
    return true;
}
#else
void take_carried(Tile tile, uint r, inout vec4 sum[HEAD_SIZE / 4], inout float highest, inout float weights) {}
bool carried_on(Tile tile, uint r, vec4 sum[HEAD_SIZE / 4], float highest, float weights) { return false; }
#endif
