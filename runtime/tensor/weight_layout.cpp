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

WeightLayout make_weight_layout(const TensorDesc& desc, Packing packing, std::uint64_t max_chunk) {
    const bool          panels    = packing == Packing::panels;
    const std::uint64_t unit_rows = panels ? panel_rows : 1;
    // A vector is one row of single elements: it is cut anywhere.
    const bool          vector = desc.shape.rank() == 1;
    const std::uint64_t rows = vector ? desc.width() : desc.rows(), width = vector ? 1 : desc.width();
    const std::uint64_t unit_bytes = unit_rows * width * size_of(desc.type);
    const std::uint64_t units = max_chunk / 4 * 4 / std::max<std::uint64_t>(unit_bytes, 1);  // chunks are whole words
    if (units == 0)
        throw Error(Status::bad_input, "weights",
                    desc.text() + " has rows of " + std::to_string(unit_bytes) + " bytes, more than the " +
                        std::to_string(max_chunk) + " that a binding of this device may see");

    WeightLayout        layout{.desc = desc, .packing = packing, .chunks = {}};
    const std::uint64_t chunk_rows = units * unit_rows;
    for (std::uint64_t first = 0; first < rows; first += chunk_rows) {
        const std::uint64_t count  = std::min(chunk_rows, rows - first);
        const std::uint64_t stored = (count + unit_rows - 1) / unit_rows * unit_rows;
        const std::uint64_t bytes  = stored * width * size_of(desc.type);
        layout.chunks.push_back(
            {.first_row = first, .rows = count, .bytes = (bytes + 3) / 4 * 4});  // kernels read whole words
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
            panels ? local / panel_rows * panel_rows * width + local % panel_rows : local * width;
        const std::uint64_t step = panels ? panel_rows : 1;
        const std::byte*    from = source.bytes.data() + (row - first_source_row) * width * from_size;
        for (std::uint64_t k = 0; k < width; ++k)
            store_float(layout.desc.type, load_float(source.desc.type, from + k * from_size),
                        out.data() + (start + k * step) * to_size);
    }
}

}  // namespace attune
