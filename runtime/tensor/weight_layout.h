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
};

inline constexpr std::uint64_t panel_rows = 16;   // also the height of a matrix unit's tile

// A run of whole rows (of whole panels) small enough for one binding.
struct WeightChunk {
    std::uint64_t first_row = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
};

struct WeightLayout {
    TensorDesc               desc;      // what it holds, type as stored on the device
    Packing                  packing = Packing::plain;
    std::vector<WeightChunk> chunks;

    std::uint64_t bytes() const noexcept;
};

// max_chunk: bytes one binding may see. Throws bad_input if a single panel or row is larger.
WeightLayout make_weight_layout(const TensorDesc& desc, Packing packing, std::uint64_t max_chunk);

// Writes the rows that `source` and one chunk share as the device wants them. `source` holds rows
// first_source_row, ... of the whole weight (a part of a concatenation), in any float type. `out` is the
// chunk's bytes; what no source covers is left alone, so it starts as zeros.
void pack_weight(const WeightLayout& layout, std::size_t chunk, std::uint64_t first_source_row, const TensorView& source, std::span<std::byte> out);

}  // namespace attune
