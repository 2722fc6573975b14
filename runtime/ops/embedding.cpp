#include "params/embedding.h"
#include "kernels/kernels.h"
#include "ops/box.h"
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
    expect_type("embedding", "table", table, {Type::f32, Type::f16, Type::i8});
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

// Rows and columns of a table that one binding sees.
struct Window {
    std::uint64_t first_row = 0, rows = 0, first_column = 0, columns = 0;
    RowBinding    seen;        // from the first of them on
    std::uint64_t stride = 0;  // elements of a row in it
};

// A weight lies in windows already.
std::vector<Window> windows_of_weight(const LoweredOperand& table) {
    std::vector<Window> windows;
    for (std::uint32_t c = 0; c < table.layout->chunks.size(); ++c) {
        const WeightChunk& chunk = table.layout->chunks[c];
        windows.push_back({.first_row    = chunk.first_row,
                           .rows         = chunk.rows,
                           .first_column = chunk.first_column,
                           .columns      = chunk.columns,
                           .seen         = {.binding = whole(table, Access::read, c), .skipped = 0},
                           .stride       = chunk.columns});
    }
    return windows;
}

std::vector<Window> windows_of(const LoweredOperand& table, const DeviceTraits& traits) {
    if (table.layout) return windows_of_weight(table);
    std::vector<Window> windows;
    const Shape&        shape   = table.desc.shape;
    const BoxSide       side[1] = {{.operand = table, .access = Access::read, .strides = {table.stride, 1, 0, 0, 0}}};
    for_boxes(traits, {.extent = {shape[0], shape[1], 1, 1, 1}}, side, {.granularity = {1, 2, 1, 1, 1}},
              [&](const Box& box) {
                  windows.push_back({.first_row    = box.first[0],
                                     .rows         = box.extent[0],
                                     .first_column = box.first[1],
                                     .columns      = box.extent[1],
                                     .seen         = bind(side[0], box, traits),
                                     .stride       = table.stride});
              });
    return windows;
}

// One dispatch for the tokens and columns of a box, as far as their rows lie in two windows.
Dispatch dispatch(const Lowering& l, std::span<const BoxSide, 3> sides, const Box& box, const Window& table,
                  const Window& places) {
    const std::uint32_t lanes = point_lanes(l.traits);
    const RowBinding    ids = bind(sides[0], box, l.traits), at = bind(sides[1], box, l.traits);
    const RowBinding    to     = bind(sides[2], box, l.traits);
    const auto&         layout = l.input(1).layout;
    const bool          panels = layout && layout->packing == Packing::panels;
    // A window's binding may begin before the columns of the box.
    const auto start = [&](const Window& window) {
        return window.seen.skipped + static_cast<uint>(box.first[1] - window.first_column);
    };
    std::uint32_t run =
        neighbours_at_once(l.traits, {box.extent[1], to.skipped, l.output().stride, start(places), places.stride});
    if (!panels) run = std::min(run, neighbours_at_once(l.traits, {start(table), table.stride}));
    const std::uint64_t runs = box.extent[0] * divide_up(box.extent[1], run);
    return {
        .kernel    = &kernels::embedding,
        .bindings  = {ids.binding, table.seen.binding, at.binding, places.seen.binding, to.binding},
        .constants = {/* GROUP */ lanes, /* TABLE_TYPE */ storage_constant(l.input(1).desc.type),
                      /* IN_PANELS */ panels,
                      /* POSITIONS */ l.has(3),
                      /* ZERO_BEYOND */ l.attributes().integer("beyond") == static_cast<std::int64_t>(Beyond::zero),
                      /* RUN */ run},
        .push      = EmbeddingParams{.tokens          = static_cast<uint>(box.extent[0]),
                                     .columns         = static_cast<uint>(box.extent[1]),
                                     .ids_start       = ids.skipped,
                                     .positions_start = at.skipped,
                                     .result_start    = to.skipped,
                                     .result_stride   = static_cast<uint>(l.output().stride),
                                     .table_rows      = static_cast<uint>(l.input(1).desc.rows()),
                                     .table_first     = static_cast<uint>(table.first_row),
                                     .table_seen      = static_cast<uint>(table.rows),
                                     .table_start     = start(table),
                                     .table_stride    = static_cast<uint>(table.stride),
                                     .position_rows   = static_cast<uint>(l.has(3) ? l.input(3).desc.rows() : 0),
                                     .position_first  = static_cast<uint>(places.first_row),
                                     .position_seen   = static_cast<uint>(places.rows),
                                     .position_start  = start(places),
                                     .position_stride = static_cast<uint>(places.stride),
                                     .scale           = static_cast<float>(l.attributes().real("scale"))},
        .groups    = fold_groups(divide_up(runs, lanes), l.traits),
        .cost = {.flops = 2.0 * static_cast<double>(box.points()), .bytes = 12.0 * static_cast<double>(box.points())},
    };
}

Lowered lower(const Lowering& l) {
    const LoweredOperand& table = l.input(1);
    if (l.has(3) && l.input(3).layout && l.input(3).layout->packing != Packing::plain)
        refuse("embedding", "position_table", "is multiplied with elsewhere and lies in panels",
               "give it a name of its own");
    if (table.desc.type == Type::i8 && !table.layout)
        refuse("embedding", "table", "is i8, but no weight of the graph", "make it with Graph::weight");
    const std::uint64_t tokens = l.input(0).desc.elements(), width = table.desc.width();
    const auto          tables  = windows_of(table, l.traits);
    const auto          places  = l.has(3) ? windows_of(l.input(3), l.traits) : std::vector<Window>();
    const BoxSide       sides[] = {{.operand = l.input(0), .access = Access::read, .strides = {1, 0, 0, 0, 0}},
                                   {.operand = l.input_or_first(2), .access = Access::read, .strides = {1, 0, 0, 0, 0}},
                                   {.operand = l.output(), .access = Access::write, .strides = {width, 1, 0, 0, 0}}};
    const BoxLimits     limits{
            .granularity = {1, 2, 1, 1, 1}, .flops_per_point = 2, .points_per_group = point_lanes(l.traits)};

    Lowered lowered;
    for (const Window& one : tables)
        for (const Window& other : l.has(3) ? places : std::vector{one}) {
            const std::uint64_t begin = std::max(one.first_column, other.first_column);
            const std::uint64_t end   = std::min(one.first_column + one.columns, other.first_column + other.columns);
            if (begin >= end) continue;
            for_boxes(l.traits, {.first = {0, begin, 0, 0, 0}, .extent = {tokens, end - begin, 1, 1, 1}}, sides, limits,
                      [&](const Box& box) { lowered.dispatches.push_back(dispatch(l, sides, box, one, other)); });
        }
    return lowered;
}

}  // namespace

const Op embedding{.name = "embedding", .infer = infer, .lower = lower, .half_inputs = 2, .int8_inputs = 2};

}  // namespace ops

Value embedding(Graph& g, Value ids, Value table, const EmbeddingOptions& options) {
    std::optional<Operand> positions, position_table;
    if (options.positions) positions = Operand{*options.positions};
    if (options.position_table) position_table = Operand{*options.position_table};
    return g.add(ops::embedding, {Operand{ids}, Operand{table}, positions, position_table},
                 {{"scale", options.scale}, {"beyond", static_cast<std::int64_t>(options.beyond)}})[0];
}

}  // namespace attune
