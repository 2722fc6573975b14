#include "params/layer_norm.h"
#include "kernels/kernels.h"
#include "ops/lowering.h"
#include "ops/ops.h"

#include <attune/ops.hpp>

namespace attune {
namespace ops {
namespace {

constexpr std::uint64_t longest_row_of_a_lane = 15000;

// x [.., E], residual (x's shape, or absent), gain [E], bias [E] -> [.., E] f32
std::vector<TensorDesc> infer(InputDescs in, const Attributes&) {
    const TensorDesc& x = required("layer_norm", "x", in, 0);
    expect_type("layer_norm", "x", x, {Type::f32, Type::f16});
    if (const TensorDesc* residual = optional_input(in, 1)) {
        expect_shape("layer_norm", "residual", *residual, x.shape);
        expect_type("layer_norm", "residual", *residual, {Type::f32, Type::f16});
    }
    expect_shape("layer_norm", "gain", required("layer_norm", "gain", in, 2), {x.width()});
    expect_shape("layer_norm", "bias", required("layer_norm", "bias", in, 3), {x.width()});
    expect_type("layer_norm", "gain", *in[2], {Type::f32});
    expect_type("layer_norm", "bias", *in[3], {Type::f32});
    return {{Type::f32, x.shape}};
}

Lowered lower(const Lowering& l) {
    const LoweredOperand& x        = l.input(0);
    const LoweredOperand& residual = l.input_or_first(1);
    const std::uint64_t   width    = x.desc.width();
    // A lane that has a row for itself loops four times over it; lavapipe ends an invocation after 65,535 turns.
    const bool          rows_per_lane = l.traits.is_cpu && width <= longest_row_of_a_lane;
    const std::uint32_t lanes =
        group_lanes(l.traits, rows_per_lane ? l.traits.subgroup_size
                                            : static_cast<std::uint32_t>(std::min<std::uint64_t>(width, 256)));

    Lowered lowered;
    for_row_slices(
        l.traits, x.desc.rows(), {.widest_row_bytes = width * 4, .flops_per_row = 9.0 * static_cast<double>(width)},
        [&](std::uint64_t first, std::uint64_t rows) {
            const RowBinding from          = row_range(x, Access::read, l.traits, first, rows);
            const RowBinding from_residual = row_range(residual, Access::read, l.traits, first, rows);
            const RowBinding to =
                row_range(l.output(), rows_per_lane ? Access::both : Access::write, l.traits, first, rows);
            lowered.dispatches.push_back({
                .kernel    = rows_per_lane ? &kernels::layer_norm_rows : &kernels::layer_norm,
                .bindings  = {from.binding, from_residual.binding, reads(l.input(2)), reads(l.input(3)), to.binding},
                .constants = {/* GROUP */ lanes, /* RESIDUAL */ l.has(1), /* X_TYPE */ storage_constant(x.desc.type),
                              /* RESIDUAL_TYPE */ storage_constant(residual.desc.type)},
                .push      = LayerNormParams{.rows           = static_cast<uint>(rows),
                                             .width          = static_cast<uint>(width),
                                             .x_start        = from.skipped,
                                             .residual_start = from_residual.skipped,
                                             .result_start   = to.skipped,
                                             .epsilon        = static_cast<float>(l.attributes().real("epsilon"))},
                .groups    = fold_groups(rows_per_lane ? divide_up(rows, lanes) : rows, l.traits),
                .cost      = {.flops = 9.0 * static_cast<double>(rows * width),
                              .bytes = 12.0 * static_cast<double>(rows * width)},
            });
        });
    return lowered;
}

}  // namespace

const Op layer_norm{.name = "layer_norm", .infer = infer, .lower = lower, .half_inputs = 3};

}  // namespace ops

Value layer_norm(Graph& g, Value x, Value gain, Value bias, const LayerNormOptions& options) {
    std::optional<Operand> residual;
    if (options.residual) residual = Operand{*options.residual};
    return g.add(ops::layer_norm, {Operand{x}, residual, Operand{gain}, Operand{bias}},
                 {{"epsilon", options.epsilon}})[0];
}

}  // namespace attune
