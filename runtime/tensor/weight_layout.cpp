#include "tensor/weight_layout.h"

#include "tensor/int8_rows.h"

#include <attune/error.hpp>

#include <algorithm>
#include <array>
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
constexpr std::uint64_t scale_bytes = panel_rows * sizeof(float);  // before a block of i8
static_assert(block_columns % column_unit == 0);

// What chunks are cut between: single rows, or panels.
struct Unit {
    std::uint64_t rows   = 1;
    std::uint64_t column = 0;      // bytes of a column
    bool          blocks = false;  // of columns, with scales

    std::uint64_t bytes(std::uint64_t columns) const {
        return columns * column + (blocks ? (columns + block_columns - 1) / block_columns * scale_bytes : 0);
    }
    // How many columns of a row or panel there can be in so many bytes, if not all.
    std::uint64_t columns(std::uint64_t most) const {
        return blocks ? most / bytes(block_columns) * block_columns : most / column;
    }
    std::uint64_t least_columns() const { return blocks ? block_columns : 1; }
};

Unit unit_of(Type type, Packing packing) {
    const std::uint64_t rows = packing == Packing::panels ? panel_rows : 1;
    return {.rows = rows, .column = rows * size_of(type), .blocks = type == Type::i8};
}

// A row (a panel) does not fit: a tile's rows, and what columns of them do; rather fewer rows than a few columns.
ChunkExtents cut_columns(std::uint64_t rows, const Unit& unit, std::uint64_t max_bytes) {
    ChunkExtents extents{.rows = unit.rows, .columns = unit.columns(max_bytes)};
    if (unit.rows > 1) {
        const std::uint64_t panels = std::min(tile_rows / unit.rows, (rows + unit.rows - 1) / unit.rows);
        if (const std::uint64_t columns = unit.columns(max_bytes / panels); columns >= column_unit)
            extents = {.rows = panels * unit.rows, .columns = columns};
    }
    if (extents.columns > column_unit) extents.columns = extents.columns / column_unit * column_unit;
    return extents;
}

ChunkExtents chunk_extents(const TensorDesc& desc, const Unit& unit, std::uint64_t max_chunk) {
    const bool          vector    = desc.shape.rank() == 1;
    const std::uint64_t width     = vector ? 1 : desc.width();
    const std::uint64_t max_bytes = max_chunk / 4 * 4;  // chunks are whole words
    const std::uint64_t units     = max_bytes / std::max<std::uint64_t>(unit.bytes(width), 1);
    ChunkExtents        extents{.rows = units * unit.rows, .columns = width};
    if (units == 0) extents = cut_columns(vector ? desc.width() : desc.rows(), unit, max_bytes);
    if (extents.columns == 0)
        throw Error(Status::bad_input, "weights",
                    desc.text() + " needs " + std::to_string(unit.bytes(unit.least_columns())) + " bytes for " +
                        std::to_string(unit.least_columns()) + " columns of a panel, more than the " +
                        std::to_string(max_chunk) + " that a binding of this device may see");
    // Where a matrix's panels begin, its bias may be cut as well.
    if (vector && extents.rows > panel_rows) extents.rows = extents.rows / panel_rows * panel_rows;
    return extents;
}

}  // namespace

WeightLayout make_weight_layout(const TensorDesc& desc, Packing packing, std::uint64_t max_chunk) {
    if (desc.type == Type::i8 && (packing != Packing::panels || desc.shape.rank() != 2))
        throw Error(Status::bad_input, "weights", desc.text() + " is no matrix in panels, as i8 has to be");
    const Unit          unit   = unit_of(desc.type, packing);
    const bool          vector = desc.shape.rank() == 1;
    const std::uint64_t rows = vector ? desc.width() : desc.rows(), width = vector ? 1 : desc.width();
    const ChunkExtents  most = chunk_extents(desc, unit, max_chunk);

    WeightLayout layout{.desc = desc, .packing = packing, .chunks = {}};
    for (std::uint64_t first = 0; first < rows; first += most.rows) {
        const std::uint64_t count = std::min(most.rows, rows - first);
        const std::uint64_t units = (count + unit.rows - 1) / unit.rows;
        for (std::uint64_t column = 0; column < width; column += most.columns) {
            const std::uint64_t columns = std::min(most.columns, width - column);
            const std::uint64_t bytes   = units * unit.bytes(columns);
            layout.chunks.push_back({.first_row    = first,
                                     .rows         = count,
                                     .first_column = column,
                                     .columns      = columns,
                                     .bytes        = (bytes + 3) / 4 * 4});  // kernels read whole words
        }
    }
    return layout;
}

std::vector<WeightPiece> pieces_of(const WeightLayout& layout, const WeightChunk& chunk, std::uint64_t most_bytes) {
    const Unit               unit  = unit_of(layout.desc.type, layout.packing);
    const std::uint64_t      bytes = unit.bytes(chunk.columns);
    std::uint64_t            units = std::max<std::uint64_t>(most_bytes / bytes, 1);
    const std::uint64_t      words = bytes % 4 == 0 ? 1 : bytes % 2 == 0 ? 2 : 4;  // units that are whole words
    std::vector<WeightPiece> pieces;
    units = std::max(units / words * words, words);
    for (std::uint64_t row = 0; row < chunk.rows; row += units * unit.rows) {
        WeightPiece& piece   = pieces.emplace_back(WeightPiece{chunk, row / unit.rows * bytes});
        piece.rows.first_row = chunk.first_row + row;
        piece.rows.rows      = std::min(units * unit.rows, chunk.rows - row);
        piece.rows.bytes     = ((piece.rows.rows + unit.rows - 1) / unit.rows * bytes + 3) / 4 * 4;
    }
    return pieces;
}

namespace {

float load_float(Type type, const std::byte* at) {
    if (type == Type::f32) {
        float value;
        std::memcpy(&value, at, 4);
        return value;
    }
    if (type == Type::i8) return static_cast<float>(static_cast<std::int8_t>(*at));
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

// A row of the source: where it begins, and what its elements are multiplied by.
struct SourceRow {
    Type             type = Type::f32;
    const std::byte* at   = nullptr;
    float            scale = 1;

    float operator[](std::uint64_t column) const { return load_float(type, at + column * size_of(type)) * scale; }
};

SourceRow source_row(const TensorView& source, std::uint64_t row, std::uint64_t width) {
    SourceRow result{source.desc.type, source.bytes.data() + row * width * size_of(source.desc.type)};
    if (result.type == Type::i8) result.scale = source.scales[source.scales.size() == 1 ? 0 : row];
    return result;
}

// Row `local` of the chunk in f32 or f16.
void pack_floats(const WeightLayout& layout, const WeightChunk& chunk, std::uint64_t local, const SourceRow& from,
                 std::span<std::byte> out) {
    const bool          panels = layout.packing == Packing::panels;
    const std::uint64_t start =
        panels ? local / panel_rows * panel_rows * chunk.columns + local % panel_rows : local * chunk.columns;
    const std::uint64_t step = panels ? panel_rows : 1;
    for (std::uint64_t k = 0; k < chunk.columns; ++k)
        store_float(layout.desc.type, from[chunk.first_column + k],
                    out.data() + (start + k * step) * size_of(layout.desc.type));
}

// Row `local` of the chunk in i8. Chunks begin where a block does.
void pack_int8(const WeightChunk& chunk, std::uint64_t local, const SourceRow& from, std::span<std::byte> out) {
    const Unit        unit  = unit_of(Type::i8, Packing::panels);
    const std::size_t panel = local / panel_rows * unit.bytes(chunk.columns), row = local % panel_rows;
    for (std::uint64_t first = 0; first < chunk.columns; first += block_columns) {
        const std::uint64_t                count = std::min(block_columns, chunk.columns - first);
        std::byte* const                   block = out.data() + panel + unit.bytes(first);
        std::byte* const                   to    = block + scale_bytes + row;
        std::array<double, block_columns> numbers{};
        float                              scale = from.scale;
        if (from.type != Type::i8) {
            for (std::uint64_t k = 0; k < count; ++k) numbers[k] = static_cast<double>(from[chunk.first_column + first + k]);
            scale = closest_int8_scale(numbers);
        }
        for (std::uint64_t k = 0; k < count; ++k)
            to[k * panel_rows] = from.type == Type::i8 ? from.at[chunk.first_column + first + k]
                                                       : static_cast<std::byte>(to_int8(numbers[k], scale));
        std::memcpy(block + row * sizeof scale, &scale, sizeof scale);
    }
}

}  // namespace

void pack_weight(const WeightLayout& layout, std::size_t chunk_index, std::uint64_t first_source_row,
                 const TensorView& source, std::span<std::byte> out) {
    const WeightChunk&  chunk       = layout.chunks.at(chunk_index);
    const std::uint64_t width       = layout.desc.shape.rank() == 1 ? 1 : layout.desc.width();
    const std::uint64_t source_rows = source.desc.elements() / width;
    const std::uint64_t begin       = std::max(chunk.first_row, first_source_row);
    const std::uint64_t end         = std::min(chunk.first_row + chunk.rows, first_source_row + source_rows);
    for (std::uint64_t row = begin; row < end; ++row) {
        const SourceRow from = source_row(source, row - first_source_row, width);
        if (layout.desc.type == Type::i8)
            pack_int8(chunk, row - chunk.first_row, from, out);
        else
            pack_floats(layout, chunk, row - chunk.first_row, from, out);
    }
}

}  // namespace attune
