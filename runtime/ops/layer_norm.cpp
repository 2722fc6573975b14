#include "ops/layer_norm_order.h"

#include "kernels/kernels.h"
#include "ops/ops.h"
#include "ops/parts.h"
#include "params/layer_norm.h"

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

RowKernel row_kernel(const Lowering& l) {
    const TensorDesc&   x     = l.input(0).desc;
    const NormOrder     order = norm_order(l.traits, x.width());
    const std::uint32_t lanes = norm_group(l.traits, x.width());
    RowKernel           row{.kernel = &kernels::layer_norm,
                            .constants = {/* GROUP */ lanes, /* RESIDUAL */ l.has(1), /* X_TYPE */ storage_constant(x.type),
                                /* RESIDUAL_TYPE */ storage_constant(l.input_or_first(1).desc.type)}};
    if (order == NormOrder::registers) {
        row.kernel = &kernels::layer_norm_registers;
        return held_in_registers(std::move(row), x, lanes, l.traits.tuning);
    }
    if (order == NormOrder::lane) {
        row.kernel = &kernels::layer_norm_rows;
        row.rows   = lanes;
        row.result = Access::both;
    }
    return row;
}

Lowered lower_rows(const Lowering& l) {
    const LoweredOperand& x        = l.input(0);
    const LoweredOperand& residual = l.input_or_first(1);
    const std::uint64_t   width    = x.desc.width();
    const RowKernel       kernel   = row_kernel(l);

    Lowered lowered;
    for_row_slices(
        l.traits, x.desc.rows(), {.widest_row_bytes = width * 4, .flops_per_row = 9.0 * static_cast<double>(width)},
        [&](std::uint64_t first, std::uint64_t rows) {
            const RowBinding from          = row_range(x, Access::read, l.traits, first, rows);
            const RowBinding from_residual = row_range(residual, Access::read, l.traits, first, rows);
            const RowBinding to            = row_range(l.output(), kernel.result, l.traits, first, rows);
            lowered.dispatches.push_back({
                .kernel    = kernel.kernel,
                .bindings  = {from.binding, from_residual.binding, reads(l.input(2)), reads(l.input(3)), to.binding},
                .constants = kernel.constants,
                .push      = LayerNormParams{.rows           = static_cast<uint>(rows),
                                             .width          = static_cast<uint>(width),
                                             .x_start        = from.skipped,
                                             .residual_start = from_residual.skipped,
                                             .result_start   = to.skipped,
                                             .epsilon        = static_cast<float>(l.attributes().real("epsilon"))},
                .groups    = fold_groups(divide_up(rows, kernel.rows), l.traits),
                .cost      = {.flops = 9.0 * static_cast<double>(rows * width),
                              .bytes = 12.0 * static_cast<double>(rows * width)},
            });
        });
    return lowered;
}

// Rows longer than a binding or a walk: mean and squared distances of their parts, then the result from all of them.
Lowered lower_parts(const Lowering& l) {
    enum : std::size_t { x, residual, gain, bias, result };
    const std::uint64_t width  = l.input(0).desc.width();
    const auto          column = [](const LoweredOperand& operand) {
        return BoxSide{.operand = operand, .access = Access::read, .strides = {0, 1, 0, 0, 0}};
    };
    const std::array<BoxSide, 5>     sides     = {row_side(l.input(0), Access::read),
                                                  row_side(l.input_or_first(1), Access::read), column(l.input(2)),
                                                  column(l.input(3)), row_side(l.output(), Access::write)};
    const std::vector<std::uint32_t> constants = {/* GROUP */ group_lanes(l.traits, 256), /* RESIDUAL */ l.has(1),
                                                  /* X_TYPE */ storage_constant(l.input(0).desc.type),
                                                  /* RESIDUAL_TYPE */ storage_constant(l.input_or_first(1).desc.type)};
    const auto params = [&](const RowPart& part, const RowBinding& from, const RowBinding& from_residual) {
        return LayerNormPartsParams{.width          = static_cast<uint>(width),
                                    .elements       = static_cast<uint>(part.elements),
                                    .part           = static_cast<uint>(part.length),
                                    .parts          = static_cast<uint>(part.parts),
                                    .stats_start    = static_cast<uint>(part.stats_start),
                                    .x_start        = from.skipped,
                                    .residual_start = from_residual.skipped,
                                    .gain_start     = 0,
                                    .bias_start     = 0,
                                    .result_start   = 0,
                                    .epsilon        = static_cast<float>(l.attributes().real("epsilon"))};
    };
    const auto made = [&](const Kernel& kernel, const RowPart& part, std::vector<Binding> bindings,
                          const LayerNormPartsParams& push) {
        return Dispatch{.kernel    = &kernel,
                        .bindings  = std::move(bindings),
                        .constants = constants,
                        .push      = push,
                        .groups    = fold_groups(divide_up(part.elements, part.length), l.traits),
                        .cost      = {.flops = 9.0 * static_cast<double>(part.elements),
                                      .bytes = 12.0 * static_cast<double>(part.elements)}};
    };
    const auto bound = [&](std::size_t side, const RowPart& part) { return bind(sides.at(side), part.box, l.traits); };
    return lower_in_parts(
        l, {.rows = l.input(0).desc.rows(), .width = width, .read = std::span(sides).first(2), .applied = sides},
        [&](const RowPart& part) {
            const RowBinding a = bound(x, part), b = bound(residual, part);
            return made(kernels::layer_norm_parts, part, {a.binding, b.binding, part.stats}, params(part, a, b));
        },
        [&](const RowPart& part) {
            const RowBinding a = bound(x, part), b = bound(residual, part), scale = bound(gain, part),
                             shift = bound(bias, part), to = bound(result, part);
            LayerNormPartsParams push = params(part, a, b);
            push.gain_start           = scale.skipped;
            push.bias_start           = shift.skipped;
            push.result_start         = to.skipped;
            return made(kernels::layer_norm_apply, part,
                        {a.binding, b.binding, scale.binding, shift.binding, part.stats, to.binding}, push);
        });
}

Lowered lower(const Lowering& l) {
    const TensorDesc& x = l.input(0).desc;
    const RowWalk     walk{.rows = x.rows(), .width = x.width(), .passes = 4, .lanes = norm_group(l.traits, x.width())};
    const bool        whole = norm_order(l.traits, x.width()) == NormOrder::group
                                  ? fits_a_workgroup(l.traits, walk)
                                  : fits_by_rows(l.traits, walk.rows, walk.width * 4);
    return whole ? lower_rows(l) : lower_parts(l);
}

}  // namespace

// A lane that has a row for itself loops four times over it; lavapipe ends an invocation after 65,535 turns.
NormOrder norm_order(const DeviceTraits& traits, std::uint64_t width) {
    if (fits_registers(traits, Variant::layer_norm_registers, width)) return NormOrder::registers;
    const bool alone = traits.is_cpu && traits.allows(Variant::layer_norm_lanes) && width <= longest_row_of_a_lane;
    return alone ? NormOrder::lane : NormOrder::group;
}

std::uint32_t norm_group(const DeviceTraits& traits, std::uint64_t width) {
    return group_lanes(traits, norm_order(traits, width) != NormOrder::group
                                   ? traits.subgroup_size
                                   : static_cast<std::uint32_t>(std::min<std::uint64_t>(width, 256)));
}

const Op layer_norm{.name = "layer_norm", .infer = infer, .lower = lower, .half_inputs = 3};

}  // namespace ops

Value layer_norm(Graph& g, Value x, Value gain, Value bias, const LayerNormOptions& options) {
    std::optional<Operand> residual;
    if (options.residual) residual = Operand{*options.residual};
    return g.add(ops::layer_norm, {Operand{x}, residual, Operand{gain}, Operand{bias}},
                 {{"epsilon", options.epsilon}})[0];
}

}  // namespace attune
