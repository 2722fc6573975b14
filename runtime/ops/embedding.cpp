#include "params/embedding.h"
#include "kernels/kernels.h"
#include "ops/lowering.h"
#include "ops/ops.h"

#include <attune/ops.hpp>

namespace attune {
namespace ops {
namespace {

// ids [..] u32, table [V, E], positions [..] u32, position_table [P, E] -> [.., E] f32
std::vector<TensorDesc> infer(InputDescs in, const Attributes&) {
    const TensorDesc& ids   = required("embedding", "ids", in, 0);
    const TensorDesc& table = required("embedding", "table", in, 1);
    expect_type("embedding", "ids", ids, {Type::u32});
    expect_type("embedding", "table", table, {Type::f32, Type::f16});
    if (table.shape.rank() != 2) refuse("embedding", "table", "has shape " + table.shape.text() + ", wants [V, E]");
    if (ids.shape.rank() >= Shape::max_rank) refuse("embedding", "ids", "has too many axes");
    const TensorDesc* positions      = optional_input(in, 2);
    const TensorDesc* position_table = optional_input(in, 3);
    if ((positions == nullptr) != (position_table == nullptr))
        refuse("embedding", "positions", "and position_table come both or not at all");
    if (positions) {
        expect_type("embedding", "positions", *positions, {Type::u32});
        if (positions->elements() < ids.elements()) refuse("embedding", "positions", "are fewer than the ids");
        expect_type("embedding", "position_table", *position_table, {Type::f32});
        if (position_table->shape.rank() != 2 || position_table->width() != table.width())
            refuse("embedding", "position_table",
                   "has shape " + position_table->shape.text() + ", wants rows of " + std::to_string(table.width()));
    }
    std::vector<std::uint64_t> extents(ids.shape.extents().begin(), ids.shape.extents().end());
    extents.push_back(table.width());
    return {{Type::f32, Shape(std::span<const std::uint64_t>(extents))}};
}

// Ids and positions are read as one row of the given tokens.
LoweredOperand as_column(LoweredOperand operand) {
    operand.stride = 1;
    return operand;
}

std::vector<WeightChunk> chunks_of(const LoweredOperand& table) {
    return table.layout ? table.layout->chunks
                        : std::vector<WeightChunk>{{.first_row = 0, .rows = table.desc.rows(), .bytes = table.bytes}};
}

Lowered lower(const Lowering& l) {
    const LoweredOperand& table          = l.input(1);
    const LoweredOperand& positions      = l.input_or_first(2);
    const LoweredOperand& position_table = l.has(3) ? l.input(3) : table;
    const std::uint64_t   tokens = l.input(0).desc.elements(), width = table.desc.width();
    const std::uint32_t   lanes           = group_lanes(l.traits, 64);
    const auto            table_chunks    = chunks_of(table);
    const auto            position_chunks = l.has(3) ? chunks_of(position_table) : std::vector<WeightChunk>(1);

    Lowered    lowered;
    const auto add = [&](std::uint64_t first, std::uint64_t count, std::uint32_t chunk, std::uint32_t position_chunk) {
        const RowBinding ids = row_range(as_column(l.input(0)), Access::read, l.traits, first, count);
        const RowBinding at  = row_range(as_column(positions), Access::read, l.traits, first, count);
        const RowBinding to  = row_range(l.output(), Access::write, l.traits, first, count);
        lowered.dispatches.push_back({
            .kernel    = &kernels::embedding,
            .bindings  = {ids.binding, whole(table, Access::read, chunk), at.binding,
                          whole(position_table, Access::read, l.has(3) ? position_chunk : chunk), to.binding},
            .constants = {/* GROUP */ lanes, /* TABLE_TYPE */ storage_constant(table.desc.type),
                          /* PANELS */ table.layout && table.layout->packing == Packing::panels,
                          /* POSITIONS */ l.has(3)},
            .push      = EmbeddingParams{.tokens          = static_cast<uint>(count),
                                         .width           = static_cast<uint>(width),
                                         .ids_start       = ids.skipped,
                                         .positions_start = at.skipped,
                                         .result_start    = to.skipped,
                                         .table_rows      = static_cast<uint>(table.desc.rows()),
                                         .chunk_first     = static_cast<uint>(table_chunks[chunk].first_row),
                                         .chunk_rows      = static_cast<uint>(table_chunks[chunk].rows),
                                         .position_rows   = static_cast<uint>(position_table.desc.rows()),
                                         .position_first  = static_cast<uint>(position_chunks[position_chunk].first_row),
                                         .position_chunk  = static_cast<uint>(position_chunks[position_chunk].rows),
                                         .scale           = static_cast<float>(l.attributes().real("scale"))},
            .groups    = fold_groups(divide_up(count * width, lanes), l.traits),
            .cost      = {.flops = 2.0 * static_cast<double>(count * width),
                          .bytes = 12.0 * static_cast<double>(count * width)},
        });
    };
    for_row_slices(l.traits, tokens, {.widest_row_bytes = width * 4, .flops_per_row = 2.0 * static_cast<double>(width)},
                   [&](std::uint64_t first, std::uint64_t count) {
                       for (std::uint32_t chunk = 0; chunk < table_chunks.size(); ++chunk)
                           for (std::uint32_t position_chunk = 0; position_chunk < position_chunks.size();
                                ++position_chunk)
                               add(first, count, chunk, position_chunk);
                   });
    return lowered;
}

}  // namespace

const Op embedding{.name = "embedding", .infer = infer, .lower = lower, .half_inputs = 2};

}  // namespace ops

Value embedding(Graph& g, Value ids, Value table, const EmbeddingOptions& options) {
    std::optional<Operand> positions, position_table;
    if (options.positions) positions = Operand{*options.positions};
    if (options.position_table) position_table = Operand{*options.position_table};
    return g.add(ops::embedding, {Operand{ids}, Operand{table}, positions, position_table},
                 {{"scale", options.scale}})[0];
}

}  // namespace attune
