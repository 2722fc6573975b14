#include "params/rearrange.h"
#include "kernels/kernels.h"
#include "ops/box.h"
#include "ops/ops.h"

#include <attune/ops.hpp>

namespace attune {
namespace ops {
namespace {

// A block of four axes on its way from one strided layout to another; the last axis is contiguous in both.
struct Rearrangement {
    std::array<std::uint64_t, 4> extents;
    std::array<std::uint64_t, 3> from;  // elements from one index to the next, along the first three axes
    std::array<std::uint64_t, 3> to;
    std::uint64_t                first_column = 0;  // of the input
};

BoxSide strided(const LoweredOperand& operand, Access access, const std::array<std::uint64_t, 3>& strides) {
    return {.operand = operand,
            .access  = access,
            .start   = operand.column,
            .strides = {strides[0], strides[1], strides[2], 1, 0}};
}

// The copy behind split_heads, merge_heads, columns and store.
Lowered lower_copy(const Lowering& l, std::size_t input, const Rearrangement& what) {
    const std::uint32_t lanes = point_lanes(l.traits);
    const Box           block = {.extent = {what.extents[0], what.extents[1], what.extents[2], what.extents[3], 1}};
    BoxSide sides[2] = {strided(l.input(input), Access::read, what.from), strided(l.output(), Access::write, what.to)};
    sides[0].start += what.first_column;
    Lowered lowered;
    for_boxes(l.traits, block, sides, {.granularity = {1, 1, 1, 2, 1}, .flops_per_point = 1, .points_per_group = lanes},
              [&](const Box& box) {
                  const RowBinding    from = bind(sides[0], box, l.traits), to = bind(sides[1], box, l.traits);
                  const std::uint32_t run =
                      neighbours_at_once(l.traits, {box.extent[3], from.skipped, what.from[0], what.from[1],
                                                    what.from[2], to.skipped, what.to[0], what.to[1], what.to[2]});
                  const std::uint64_t runs =
                      box.extent[0] * box.extent[1] * box.extent[2] * divide_up(box.extent[3], run);
                  lowered.dispatches.push_back({
                      .kernel    = &kernels::rearrange,
                      .bindings  = {from.binding, to.binding},
                      .constants = {/* GROUP */ lanes, /* FROM_TYPE */ storage_constant(l.input(input).desc.type),
                                    /* TO_TYPE */ storage_constant(l.output().desc.type),
                                    /* RUN */ run},
                      .push      = RearrangeParams{.runs       = static_cast<uint>(runs),
                                                   .extent1    = static_cast<uint>(box.extent[1]),
                                                   .extent2    = static_cast<uint>(box.extent[2]),
                                                   .extent3    = static_cast<uint>(box.extent[3]),
                                                   .from_start = from.skipped,
                                                   .from0      = static_cast<uint>(what.from[0]),
                                                   .from1      = static_cast<uint>(what.from[1]),
                                                   .from2      = static_cast<uint>(what.from[2]),
                                                   .to_start   = to.skipped,
                                                   .to0        = static_cast<uint>(what.to[0]),
                                                   .to1        = static_cast<uint>(what.to[1]),
                                                   .to2        = static_cast<uint>(what.to[2])},
                      .groups    = fold_groups(divide_up(runs, lanes), l.traits),
                      .cost      = {.flops = 0, .bytes = 8.0 * static_cast<double>(box.points())},
                  });
              });
    return lowered;
}

void expect_even_if_f16(std::string_view op, std::string_view operand, const TensorDesc& desc, std::uint64_t width) {
    if (desc.type == Type::f16 && width % 2)
        refuse(op, operand, "is f16 and would have rows of an odd width", "use f32");
}

// x [B, S, H * D] -> [B, H, S, D]
std::vector<TensorDesc> infer_split(InputDescs in, const Attributes& attributes) {
    const TensorDesc& x     = required("split_heads", "x", in, 0);
    const auto        heads = static_cast<std::uint64_t>(attributes.integer("heads"));
    if (x.shape.rank() != 3) refuse("split_heads", "x", "has shape " + x.shape.text() + ", wants [B, S, H * D]");
    if (heads == 0 || x.width() % heads)
        refuse("split_heads", "x", "has a width that " + std::to_string(heads) + " heads do not divide");
    expect_type("split_heads", "x", x, {Type::f32, Type::f16});
    expect_even_if_f16("split_heads", "x", x, x.width() / heads);
    return {{x.type, {x.shape[0], heads, x.shape[1], x.width() / heads}}};
}

Lowered lower_split(const Lowering& l) {
    const Shape&        to     = l.output().desc.shape;  // [B, H, S, D]
    const std::uint64_t stride = l.input(0).stride;
    return lower_copy(l, 0,
                      {.extents = {to[0], to[1], to[2], to[3]},
                       .from    = {to[2] * stride, to[3], stride},
                       .to      = {to[1] * to[2] * to[3], to[2] * to[3], to[3]}});
}

// x [B, H, S, D] -> [B, S, H * D]
std::vector<TensorDesc> infer_merge(InputDescs in, const Attributes&) {
    const TensorDesc& x = required("merge_heads", "x", in, 0);
    if (x.shape.rank() != 4) refuse("merge_heads", "x", "has shape " + x.shape.text() + ", wants [B, H, S, D]");
    expect_type("merge_heads", "x", x, {Type::f32, Type::f16});
    expect_even_if_f16("merge_heads", "x", x, x.width());
    return {{x.type, {x.shape[0], x.shape[2], x.shape[1] * x.shape[3]}}};
}

Lowered lower_merge(const Lowering& l) {
    const Shape& from = l.input(0).desc.shape;  // [B, H, S, D]
    return lower_copy(l, 0,
                      {.extents = {from[0], from[1], from[2], from[3]},
                       .from    = {from[1] * from[2] * from[3], from[2] * from[3], from[3]},
                       .to      = {from[2] * from[1] * from[3], from[3], from[1] * from[3]}});
}

std::vector<TensorDesc> infer_columns(InputDescs in, const Attributes& attributes) {
    const TensorDesc& x      = required("columns", "x", in, 0);
    const auto        column = static_cast<std::uint64_t>(attributes.integer("column"));
    const auto        width  = static_cast<std::uint64_t>(attributes.integer("width"));
    if (width == 0 || column > x.width() || width > x.width() - column)
        refuse("columns", "x", "has " + std::to_string(x.width()) + " columns, not those asked for");
    expect_type("columns", "x", x, {Type::f32, Type::f16});
    expect_even_if_f16("columns", "x", x, width);
    return {{x.type, x.shape.with_width(width)}};
}

// Rows of the input, from a column on, to the output's.
Lowered lower_rows(const Lowering& l, std::size_t input, const TensorDesc& rows, std::uint64_t column) {
    return lower_copy(l, input,
                      {.extents      = {rows.rows(), 1, 1, rows.width()},
                       .from         = {l.input(input).stride, 0, 0},
                       .to           = {l.output().stride, 0, 0},
                       .first_column = column});
}

Lowered lower_columns(const Lowering& l) {
    return lower_rows(l, 0, l.output().desc, static_cast<std::uint64_t>(l.attributes().integer("column")));
}

// memory [.., E] state, x [.., E] -> memory
std::vector<TensorDesc> infer_store(InputDescs in, const Attributes&) {
    const TensorDesc& memory = required("store", "memory", in, 0);
    const TensorDesc& x      = required("store", "x", in, 1);
    expect_type("store", "memory", memory, {Type::f32, Type::f16});
    expect_type("store", "x", x, {Type::f32, Type::f16});
    if (x.width() != memory.width() || x.rows() > memory.rows())
        refuse("store", "x", "is " + x.text() + " and does not fit into " + memory.text());
    expect_even_if_f16("store", "memory", memory, memory.width());
    return {memory};
}

Lowered lower_store(const Lowering& l) { return lower_rows(l, 1, l.input(1).desc, 0); }

}  // namespace

const Op split_heads{.name           = "split_heads",
                     .infer          = infer_split,
                     .lower          = lower_split,
                     .strided_inputs = 1,
                     .half_inputs    = 1,
                     .keeps_type     = true};
const Op merge_heads{
    .name = "merge_heads", .infer = infer_merge, .lower = lower_merge, .half_inputs = 1, .keeps_type = true};
const Op columns{.name           = "columns",
                 .infer          = infer_columns,
                 .lower          = lower_columns,
                 .strided_inputs = 1,
                 .half_inputs    = 1,
                 .keeps_type     = true};
const Op store{.name           = "store",
               .infer          = infer_store,
               .lower          = lower_store,
               .in_place       = {0, -1, -1, -1},
               .strided_inputs = 2,
               .half_inputs    = 3};

}  // namespace ops

Value split_heads(Graph& g, Value x, std::uint64_t heads) {
    return g.add(ops::split_heads, {Operand{x}}, {{"heads", static_cast<std::int64_t>(heads)}})[0];
}

Value merge_heads(Graph& g, Value x) { return g.add(ops::merge_heads, {Operand{x}})[0]; }

Value columns(Graph& g, Value x, std::uint64_t column, std::uint64_t width) {
    return g.add(ops::columns, {Operand{x}},
                 {{"column", static_cast<std::int64_t>(column)}, {"width", static_cast<std::int64_t>(width)}})[0];
}

Value store(Graph& g, Value memory, Value x) { return g.add(ops::store, {Operand{memory}, Operand{x}})[0]; }

}  // namespace attune
