// How a weight lies on the device. One layout per (model, device, precision), fixed before any
// plan and shared by all of them.
#pragma once

#include <attune/tensor.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace attune {

enum class Packing : std::uint8_t {
    plain,    // row-major as in the file
    panels,   // matrix [N, K]: panels of `panel_rows` rows; within one, element (row, k) is at k * panel_rows + row.
              // Rows beyond N are 0. Neighbouring outputs lie side by side, which is what lanes load.
              // Panels of i8, which lies in panels only, hold blocks of `block_columns` columns, the last one
              // fewer. A block begins with its scales, one f32 for each row.
};

inline constexpr std::uint64_t panel_rows    = 16;   // also the height of a matrix unit's tile
inline constexpr std::uint64_t block_columns = 32;   // of i8

// Columns [first_column, first_column + columns) of a run of rows (of whole panels), small enough for one binding.
// Chunks have all columns, unless a single row or panel is too long for a binding. Their columns lie in
// the chunk as those of a matrix of that width would.
struct WeightChunk {
    std::uint64_t first_row = 0;
    std::uint64_t rows = 0;
    std::uint64_t first_column = 0;
    std::uint64_t columns = 0;
    std::uint64_t bytes = 0;
};

struct WeightLayout {
    TensorDesc               desc;      // what it holds, type as stored on the device
    Packing                  packing = Packing::plain;
    std::vector<WeightChunk> chunks;    // by first row, then by first column

    std::uint64_t bytes() const noexcept;
};

// The first element of a plain weight's chunk, counted row after row.
std::uint64_t first_element(const WeightLayout& layout, const WeightChunk& chunk) noexcept;

// max_chunk: bytes one binding may see. A row or panel that is longer is cut into runs of columns: multiples of
// 32 of them where that many fit; of i8, always. Throws bad_input if the least is larger still, and for i8 that is
// no matrix in panels.
WeightLayout make_weight_layout(const TensorDesc& desc, Packing packing, std::uint64_t max_chunk);

// A run of a chunk's rows, whose bytes lie together.
struct WeightPiece {
    WeightChunk   rows;
    std::uint64_t offset = 0;   // within the chunk; a multiple of 4
};

// The chunk cut into pieces of at most so many bytes, or as few as can be: what pack_weight() makes of the pieces, each a
// chunk of a layout that is alike otherwise, is what it makes of the chunk.
std::vector<WeightPiece> pieces_of(const WeightLayout& layout, const WeightChunk& chunk, std::uint64_t most_bytes);

// Writes the rows that `source` and one chunk share as the device wants them. `source` holds rows
// first_source_row, ... of the whole weight (a part of a concatenation), in any float type or i8. Floats become i8
// block by block with the closest scale (tensor/int8_rows.h), the same whatever the chunks are. `out` is the chunk's bytes; what no source covers
// is left alone, so it starts as zeros.
void pack_weight(const WeightLayout& layout, std::size_t chunk, std::uint64_t first_source_row, const TensorView& source, std::span<std::byte> out);

}  // namespace attune
