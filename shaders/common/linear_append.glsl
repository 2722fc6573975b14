// Outputs of a product that are new keys and values: they go into caches at each row's own position, as kv_append writes
// them, instead of to y. Needs p (LinearParams). Columns and head sizes are whole fours.
//
// caches  [B, heads, capacity, head_size] f32|f16     position  [B] u32     row r of x is position r % positions of b
layout(constant_id = 8) const uint CACHE_TYPE = 0;

layout(binding = 5) readonly buffer Position { uint position[]; };
WRITES(6, key_cache, CACHE_TYPE)
WRITES(7, value_cache, CACHE_TYPE)

// False if the four outputs from `column` on are none of them. Rows at or beyond the capacity are dropped.
bool append_four(uint row, uint column, vec4 four) {
    const bool is_key = column - p.key_column < p.cache_columns, is_value = column - p.value_column < p.cache_columns;   // columns before the first wrap
    if (!is_key && !is_value) return false;
    const uint own = column - (is_key ? p.key_column : p.value_column), place = p.first_row + row;
    const uint b = place / p.positions, t = position[b] + place % p.positions;
    if (t < p.capacity) {
        const uint head = b * (p.cache_columns / p.head_size) + own / p.head_size;
        const uint to   = (head * p.capacity + t) * p.head_size + own % p.head_size;
        if (is_key) key_cache_set_four(to, four);
        else value_cache_set_four(to, four);
    }
    return true;
}
