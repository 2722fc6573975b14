#include "ops/rearrange.h"

#include "kernels/kernels.h"
#include "ops/ops.h"
#include "params/rearrange.h"

#include <attune/ops.hpp>

namespace attune {

Lowered lower_rearrangement(const Lowering& l, const Rearrangement& what) {
    const std::uint64_t n0 = what.extents[0], n1 = what.extents[1], n2 = what.extents[2], n3 = what.extents[3];
    const std::uint64_t row_pairs = divide_up(n3, 2), pairs0 = n1 * n2 * row_pairs;
    const std::uint64_t widest =
        std::max(what.from.rows0 * what.from.operand.stride, what.to.rows0 * what.to.operand.stride) * 4;
    const std::uint32_t lanes     = group_lanes(l.traits, 64);
    const double        elements0 = static_cast<double>(n1 * n2 * n3);

    Lowered lowered;
    for_row_slices(
        l.traits, n0, {.widest_row_bytes = widest, .flops_per_row = elements0},
        [&](std::uint64_t first, std::uint64_t count) {
            const RowBinding from =
                row_range(what.from.operand, Access::read, l.traits, first * what.from.rows0, count * what.from.rows0);
            const RowBinding to =
                row_range(what.to.operand, Access::write, l.traits, first * what.to.rows0, count * what.to.rows0);
            lowered.dispatches.push_back({
                .kernel    = &kernels::rearrange,
                .bindings  = {from.binding, to.binding},
                .constants = {/* GROUP */ lanes, /* FROM_TYPE */ storage_constant(what.from.operand.desc.type),
                              /* TO_TYPE */ storage_constant(what.to.operand.desc.type)},
                .push      = RearrangeParams{.pairs      = static_cast<uint>(count * pairs0),
                                             .extent1    = static_cast<uint>(n1),
                                             .extent2    = static_cast<uint>(n2),
                                             .extent3    = static_cast<uint>(n3),
                                             .from_start = from.skipped + static_cast<uint>(what.from.operand.column),
                                             .from0      = static_cast<uint>(what.from.rows0 * what.from.operand.stride),
                                             .from1      = static_cast<uint>(what.from.stride1),
                                             .from2      = static_cast<uint>(what.from.stride2),
                                             .to_start   = to.skipped + static_cast<uint>(what.to.operand.column),
                                             .to0        = static_cast<uint>(what.to.rows0 * what.to.operand.stride),
                                             .to1        = static_cast<uint>(what.to.stride1),
                                             .to2        = static_cast<uint>(what.to.stride2)},
                .groups    = fold_groups(divide_up(count * pairs0, lanes), l.traits),
                .cost      = {.flops = 0, .bytes = 8.0 * elements0 * static_cast<double>(count)},
            });
        });
    return lowered;
}

namespace ops {
namespace {

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
    const LoweredOperand& x  = l.input(0);
    const Shape&          to = l.output().desc.shape;  // [B, H, S, D]
    return lower_rearrangement(
        l, {
               .extents = {to[0], to[1], to[2], to[3]},
               .from    = {.operand = x, .rows0 = to[2], .stride1 = to[3], .stride2 = x.stride},
               .to      = {.operand = l.output(), .rows0 = to[1] * to[2], .stride1 = to[2] * to[3], .stride2 = to[3]},
           });
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
    return lower_rearrangement(
        l, {
               .extents = {from[0], from[1], from[2], from[3]},
               .from    = {.operand = l.input(0),
                           .rows0   = from[1] * from[2],
                           .stride1 = from[2] * from[3],
                           .stride2 = from[3]},
               .to      = {.operand = l.output(), .rows0 = from[2], .stride1 = from[3], .stride2 = from[1] * from[3]},
           });
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

Lowered lower_columns(const Lowering& l) {
    LoweredOperand from = l.input(0);
    from.column += static_cast<std::uint64_t>(l.attributes().integer("column"));
    const TensorDesc& to = l.output().desc;
    return lower_rearrangement(
        l, {.extents = {to.rows(), 1, 1, to.width()}, .from = {.operand = from}, .to = {.operand = l.output()}});
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

Lowered lower_store(const Lowering& l) {
    const TensorDesc& x = l.input(1).desc;
    return lower_rearrangement(
        l, {.extents = {x.rows(), 1, 1, x.width()}, .from = {.operand = l.input(1)}, .to = {.operand = l.output()}});
}

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
