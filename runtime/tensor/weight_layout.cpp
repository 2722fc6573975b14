#include "tensor/weight_layout.h"

#include <attune/error.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace attune {

std::uint64_t WeightLayout::bytes() const noexcept {
    std::uint64_t total = 0;
    for (const WeightChunk& chunk : chunks) total += chunk.bytes;
    return total;
}

std::uint64_t first_element(const WeightLayout& layout, const WeightChunk& chunk) noexcept {
    // A vector is a column of single elements: it is cut anywhere.
    return chunk.first_row * (layout.desc.shape.rank() == 1 ? 1 : layout.desc.width()) + chunk.first_column;
}

namespace {

// Rows and columns of all chunks but the last ones.
struct ChunkExtents {
    std::uint64_t rows    = 0;
    std::uint64_t columns = 0;
};

constexpr std::uint64_t column_unit = 32;  // of the partial sums that kernels make
constexpr std::uint64_t tile_rows   = 64;  // of an output tile: what a workgroup makes of several panels at once

// A row (a panel) does not fit: a tile's rows, and what columns of them do; rather fewer rows than a few columns.
ChunkExtents cut_columns(std::uint64_t rows, std::uint64_t unit_rows, std::uint64_t max_items) {
    ChunkExtents extents{.rows = unit_rows, .columns = max_items / unit_rows};
    if (unit_rows > 1) {
        const std::uint64_t tile = std::min(tile_rows, (rows + unit_rows - 1) / unit_rows * unit_rows);
        if (max_items / tile >= column_unit) extents = {.rows = tile, .columns = max_items / tile};
    }
    if (extents.columns > column_unit) extents.columns = extents.columns / column_unit * column_unit;
    return extents;
}

ChunkExtents chunk_extents(const TensorDesc& desc, Packing packing, std::uint64_t max_chunk) {
    const std::uint64_t unit_rows = packing == Packing::panels ? panel_rows : 1;
    const bool          vector    = desc.shape.rank() == 1;
    const std::uint64_t width     = vector ? 1 : desc.width();
    const std::uint64_t max_items = max_chunk / 4 * 4 / size_of(desc.type);  // chunks are whole words
    const std::uint64_t units     = max_items / std::max<std::uint64_t>(unit_rows * width, 1);
    ChunkExtents        extents{.rows = units * unit_rows, .columns = width};
    if (units == 0) extents = cut_columns(vector ? desc.width() : desc.rows(), unit_rows, max_items);
    if (extents.columns == 0)
        throw Error(Status::bad_input, "weights",
                    desc.text() + " has columns of " + std::to_string(unit_rows * size_of(desc.type)) +
                        " bytes in a panel, more than the " + std::to_string(max_chunk) +
                        " that a binding of this device may see");
    // Where a matrix's panels begin, its bias may be cut as well.
    if (vector && extents.rows > panel_rows) extents.rows = extents.rows / panel_rows * panel_rows;
    return extents;
}

}  // namespace

WeightLayout make_weight_layout(const TensorDesc& desc, Packing packing, std::uint64_t max_chunk) {
    const std::uint64_t unit_rows = packing == Packing::panels ? panel_rows : 1;
    const bool          vector    = desc.shape.rank() == 1;
    const std::uint64_t rows = vector ? desc.width() : desc.rows(), width = vector ? 1 : desc.width();
    const ChunkExtents  most = chunk_extents(desc, packing, max_chunk);

    WeightLayout layout{.desc = desc, .packing = packing, .chunks = {}};
    for (std::uint64_t first = 0; first < rows; first += most.rows) {
        const std::uint64_t count  = std::min(most.rows, rows - first);
        const std::uint64_t stored = (count + unit_rows - 1) / unit_rows * unit_rows;
        for (std::uint64_t column = 0; column < width; column += most.columns) {
            const std::uint64_t columns = std::min(most.columns, width - column);
            const std::uint64_t bytes   = stored * columns * size_of(desc.type);
            layout.chunks.push_back({.first_row    = first,
                                     .rows         = count,
                                     .first_column = column,
                                     .columns      = columns,
                                     .bytes        = (bytes + 3) / 4 * 4});  // kernels read whole words
        }
    }
    return layout;
}

namespace {

float load_float(Type type, const std::byte* at) {
    if (type == Type::f32) {
        float value;
        std::memcpy(&value, at, 4);
        return value;
    }
    std::uint16_t bits;
    std::memcpy(&bits, at, 2);
    return type == Type::f16 ? from_f16(bits) : from_bf16(bits);
}

void store_float(Type type, float value, std::byte* at) {
    if (type == Type::f32) {
        std::memcpy(at, &value, 4);
        return;
    }
    const std::uint16_t bits = to_f16(std::clamp(value, -65504.0f, 65504.0f));
    std::memcpy(at, &bits, 2);
}

}  // namespace

void pack_weight(const WeightLayout& layout, std::size_t chunk_index, std::uint64_t first_source_row,
                 const TensorView& source, std::span<std::byte> out) {
    const WeightChunk&  chunk       = layout.chunks.at(chunk_index);
    const bool          vector      = layout.desc.shape.rank() == 1;
    const std::uint64_t width       = vector ? 1 : layout.desc.width();
    const std::uint64_t source_rows = source.desc.elements() / width;
    const std::uint64_t begin       = std::max(chunk.first_row, first_source_row);
    const std::uint64_t end         = std::min(chunk.first_row + chunk.rows, first_source_row + source_rows);
    const std::size_t   from_size = size_of(source.desc.type), to_size = size_of(layout.desc.type);
    for (std::uint64_t row = begin; row < end; ++row) {
        const std::uint64_t local  = row - chunk.first_row;
        const bool          panels = layout.packing == Packing::panels;
        const std::uint64_t start =
            panels ? local / panel_rows * panel_rows * chunk.columns + local % panel_rows : local * chunk.columns;
        const std::uint64_t step = panels ? panel_rows : 1;
        const std::byte*    from =
            source.bytes.data() + ((row - first_source_row) * width + chunk.first_column) * from_size;
        for (std::uint64_t k = 0; k < chunk.columns; ++k)
            store_float(layout.desc.type, load_float(source.desc.type, from + k * from_size),
                        out.data() + (start + k * step) * to_size);
    }
}

}  // namespace attune
