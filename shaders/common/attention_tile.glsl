// Tiles of attention: which query rows of which head a tile holds, and which keys they see. The
// kernel declares before: p (AttentionParams), ROWS (query rows of a tile), MASK_CONSTANTS (the
// first constant_id here) and two buffers of words: seen_words (lengths or blocks) and ancestor_words.
//
// Kernels compiled with WINDOWS see a window of the operands where all of one exceeds a binding: query
// rows p.first_row to p.end_row, and of the keys of a head p.first_key to p.end_key. A row meets its
// keys window by window, in order. With SLICES, likewise; which keys, attention_slices.glsl says.
layout(constant_id = MASK_CONSTANTS) const uint      SEEN           = 0;
layout(constant_id = MASK_CONSTANTS + 1) const bool  CAUSAL         = false;
layout(constant_id = MASK_CONSTANTS + 2) const bool  ANCESTORS      = false;
layout(constant_id = MASK_CONSTANTS + 3) const uint  SHARING        = 1;      // query heads that share a key head
layout(constant_id = MASK_CONSTANTS + 4) const uint  UNIT_TILES     = 1;      // with blocks: tiles that a block may fill
layout(constant_id = MASK_CONSTANTS + 5) const int   LENGTHS_OFFSET = 0;      // added to each length
layout(constant_id = MASK_CONSTANTS + 6) const float SCALE          = 1.0;    // of the scores; attention: times log2 e

const uint SEEN_ALL     = 0u;    // values of SEEN
const uint SEEN_LENGTHS = 1u;
const uint SEEN_BLOCKS  = 2u;

struct Tile {
    uint head;          // of the query
    uint batch;         // of the query rows, without blocks
    uint first_query;   // the tile's first row, counted over all batches
    uint queries;       // rows that the tile holds; 0: none
    uint index;         // of the first row within its batch or block
    uint key_batch;
    uint first_key;     // keys that some row of the batch or block sees
    uint keys;
    uint window, window_end;   // of these, the keys that the window holds: all of them but with WINDOWS
    int  position;      // of index 0, for CAUSAL
};

#if defined(WINDOWS) || defined(SLICES)
void clip_to_rows(inout Tile tile) {
    const uint end = min(tile.first_query + tile.queries, p.end_row), skipped = max(p.first_row, tile.first_query) - tile.first_query;
    tile.first_query += skipped;
    tile.index       += skipped;
    tile.queries      = end > tile.first_query ? end - tile.first_query : 0u;
}
#endif

#ifdef WINDOWS
void clip_to_keys(inout Tile tile) {
    tile.window       = min(max(p.first_key, tile.first_key) - tile.first_key, tile.keys);
    tile.window_end   = min(max(p.end_key, tile.first_key) - tile.first_key, tile.keys);
}
#endif

Tile tile_of(uint t) {
    const uint unit = p.first_unit + t / p.heads % p.units;
    Tile tile;
    tile.head  = p.first_head + t % p.heads;
    tile.batch = p.first_batch + t / p.heads / p.units;
    uint queries = p.queries;
    if (SEEN == SEEN_BLOCKS) {
        // What the host wrote is held to the operands' bounds: no kernel reads or writes outside them.
        const uint block = p.table_start + unit / UNIT_TILES * 5u, total = p.batches * p.queries;
        const uint first = min(seen_words[block], total);
        tile.key_batch   = 0u;
        tile.first_key   = min(seen_words[block + 2u], p.keys);
        tile.keys        = min(seen_words[block + 3u], p.keys - tile.first_key);
        tile.position    = int(min(seen_words[block + 4u], 0x3fffffffu));
        tile.index       = unit % UNIT_TILES * ROWS;
        tile.first_query = first + tile.index;
        queries          = min(seen_words[block + 1u], total - first);
    } else {
        tile.key_batch   = tile.batch;
        tile.first_key   = 0u;
        tile.keys        = p.keys;
        tile.position    = p.position;
        tile.index       = unit * ROWS;
        tile.first_query = tile.batch * p.queries + tile.index;
        if (SEEN == SEEN_LENGTHS) {
            const int length = int(min(seen_words[tile.batch], 0x3fffffffu)) + LENGTHS_OFFSET;
            tile.keys = uint(clamp(length, 0, int(p.keys)));
        }
    }
    tile.queries = tile.index < queries ? min(queries - tile.index, ROWS) : 0u;
    tile.window     = 0u;
    tile.window_end = tile.keys;
#if defined(WINDOWS) || defined(SLICES)
    clip_to_rows(tile);
#endif
#ifdef WINDOWS
    clip_to_keys(tile);
#endif
    return tile;
}

// Keys that row r of the tile sees: the first so many.
uint keys_seen(Tile tile, uint r) {
    if (!CAUSAL) return tile.keys;
    return uint(clamp(int(tile.index + r) + tile.position + 1, 0, int(tile.keys)));
}

uint row_start(AttentionOperand operand, Tile tile, uint r) {
    const uint row = tile.first_query + r;
    return operand.start + row / p.queries * operand.batch + tile.head * operand.head + row % p.queries * operand.row;
}

// Key j of the tile, of the key or value operand.
uint key_start(AttentionOperand operand, Tile tile, uint j) {
    uint batch = tile.key_batch;
    if (ANCESTORS) batch = min(ancestor_words[p.table_start + tile.batch * p.keys + j], p.batches - 1u);
    return operand.start + batch * operand.batch + tile.head / SHARING * operand.head + (tile.first_key + j) * operand.row;
}
