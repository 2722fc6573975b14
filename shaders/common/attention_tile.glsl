// Tiles of attention: which query rows of which head a tile holds, and which keys they see. The
// kernel declares before: p (AttentionParams), ROWS (query rows of a tile), SEEN, CAUSAL, ANCESTORS,
// and two buffers of words: seen_words (lengths or blocks) and ancestor_words.
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
    int  position;      // of index 0, for CAUSAL
};

Tile tile_of(uint t) {
    const uint unit = p.first_unit + t / p.heads % p.units;
    Tile tile;
    tile.head  = p.first_head + t % p.heads;
    tile.batch = p.first_batch + t / p.heads / p.units;
    uint queries = p.queries;
    if (SEEN == SEEN_BLOCKS) {
        // What the host wrote is held to the operands' bounds: no kernel reads or writes outside them.
        const uint block = unit / p.unit_tiles * 5u, total = p.batches * p.queries;
        const uint first = min(seen_words[block], total);
        tile.key_batch   = 0u;
        tile.first_key   = min(seen_words[block + 2u], p.keys);
        tile.keys        = min(seen_words[block + 3u], p.keys - tile.first_key);
        tile.position    = int(min(seen_words[block + 4u], 0x3fffffffu));
        tile.index       = unit % p.unit_tiles * ROWS;
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
            const int length = int(min(seen_words[tile.batch], 0x3fffffffu)) + p.lengths_offset;
            tile.keys = uint(clamp(length, 0, int(p.keys)));
        }
    }
    tile.queries = tile.index < queries ? min(queries - tile.index, ROWS) : 0u;
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
    if (ANCESTORS) batch = min(ancestor_words[tile.batch * p.keys + j], p.batches - 1u);
    return operand.start + batch * operand.batch + tile.head / p.sharing * operand.head + (tile.first_key + j) * operand.row;
}
