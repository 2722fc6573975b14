#include "params/linear.h"
#include "kernels/kernels.h"
#include "ops/lowering.h"
#include "ops/ops.h"

#include <attune/ops.hpp>

#include <numeric>

namespace attune {
namespace ops {
namespace {

enum : std::size_t { x_input, weight_input, bias_input, residual_input };

// x [.., K], weight [N, K], bias [N] or absent, residual [.., N] or absent -> [.., N] of attribute `type`
std::vector<TensorDesc> infer(InputDescs in, const Attributes& attributes) {
    const TensorDesc& x      = required("linear", "x", in, x_input);
    const TensorDesc& weight = required("linear", "weight", in, weight_input);
    expect_type("linear", "x", x, {Type::f32, Type::f16});
    expect_type("linear", "weight", weight, {Type::f32, Type::f16, Type::bf16});
    if (weight.shape.rank() != 2 || weight.elements() == 0)
        refuse("linear", "weight", "has shape " + weight.shape.text() + ", wants [N, K]");
    if (x.shape.rank() == 0 || x.width() != weight.width())
        refuse("linear", "x", "has shape " + x.shape.text(),
               "the weight's rows have " + std::to_string(weight.width()) + " elements");

    const auto       type = static_cast<Type>(attributes.integer("type"));
    const TensorDesc y{type, x.shape.with_width(weight.shape[0])};
    if (type != Type::f32 && type != Type::f16)
        refuse("linear", "y", std::string("is ") + name_of(type) + ", wants f32 or f16");
    if (type == Type::f16 && y.width() % 2 != 0)
        refuse("linear", "y", "is " + y.text() + ", f16 rows need an even width");
    if (const TensorDesc* bias = optional_input(in, bias_input)) {
        expect_shape("linear", "bias", *bias, {y.width()});
        expect_type("linear", "bias", *bias, {Type::f32});
    }
    if (const TensorDesc* residual = optional_input(in, residual_input)) {
        expect_shape("linear", "residual", *residual, y.shape);
        expect_type("linear", "residual", *residual, {Type::f32});
    }
    return {y};
}

// A kernel and what one of its workgroups makes.
struct Choice {
    const Kernel* kernel  = nullptr;
    std::uint32_t lanes   = 0;  // of a workgroup
    std::uint32_t rows    = 0;
    std::uint32_t outputs = 0;
};

// All kernels of one device add in the same order, so that `rows` chooses speed and no bit.
Choice choose_for_cpu(const DeviceTraits& traits, std::uint64_t rows) {
    static constexpr std::array heights = {1u, 4u, 8u, 16u};
    static const std::array     alone   = {&kernels::linear_registers_1, &kernels::linear_registers_4,
                                           &kernels::linear_registers_8, &kernels::linear_registers_8};
    static const std::array     fours   = {&kernels::linear_registers_1_shared_4, &kernels::linear_registers_4_shared_4,
                                           &kernels::linear_registers_8_shared_4, &kernels::linear_registers_16_shared_4};
    static const std::array     eights  = {&kernels::linear_registers_1_shared_8, &kernels::linear_registers_4_shared_8,
                                           &kernels::linear_registers_8_shared_8, &kernels::linear_registers_16_shared_8};
    const std::uint32_t         lanes   = group_lanes(traits, traits.subgroup_size);
    const std::uint32_t         sharing = traits.subgroup_shuffle ? std::min(lanes, traits.subgroup_size) : 1;
    const auto&                 kernels = sharing >= 8 ? eights : sharing >= 4 ? fours : alone;
    std::size_t                 variant = 0;
    while (variant + 1 < heights.size() && heights[variant] < rows && kernels[variant + 1] != kernels[variant])
        ++variant;
    return {.kernel = kernels[variant], .lanes = lanes, .rows = heights[variant], .outputs = 8 * lanes};
}

Choice choose_for_gpu(std::uint64_t rows) {
    if (rows <= 1) return {.kernel = &kernels::linear_slices_1, .lanes = 128, .rows = 1, .outputs = 16};
    if (rows <= 4) return {.kernel = &kernels::linear_slices_4, .lanes = 128, .rows = 4, .outputs = 16};
    if (rows <= 8) return {.kernel = &kernels::linear_slices_8, .lanes = 128, .rows = 8, .outputs = 16};
    if (rows <= 32) return {.kernel = &kernels::linear_tiled_16, .lanes = 128, .rows = 16, .outputs = 64};
    return {.kernel = &kernels::linear_tiled_64, .lanes = 128, .rows = 64, .outputs = 64};
}

// The operands that are sliced by rows, for one run of rows.
struct RowSlice {
    std::uint64_t rows = 0;
    RowBinding    x, residual, y;
};

// Outputs [first, first + count) of one chunk of the weight.
struct OutputRun {
    std::uint32_t chunk = 0;
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

Dispatch dispatch(const Lowering& l, const Choice& choice, const RowSlice& slice, const OutputRun& run) {
    const LoweredOperand& x          = l.input(x_input);
    const LoweredOperand& weight     = l.input(weight_input);
    const LoweredOperand& residual   = l.input_or_first(residual_input);
    const LoweredOperand& y          = l.output();
    const std::uint64_t   width      = x.desc.width();
    const std::uint64_t   x_first    = slice.x.skipped + x.column;
    const std::uint64_t   row_groups = divide_up(slice.rows, choice.rows);
    const double          rows = static_cast<double>(slice.rows), outputs = static_cast<double>(run.count),
                 k = static_cast<double>(width);
    return {
        .kernel    = choice.kernel,
        .bindings  = {slice.x.binding, whole(weight, Access::read, run.chunk),
                     l.has(bias_input) ? reads(l.input(bias_input)) : slice.x.binding, slice.residual.binding,
                      slice.y.binding},
        .constants = {/* GROUP */ choice.lanes, /* X_TYPE */ storage_constant(x.desc.type),
                      /* WEIGHT_TYPE */ storage_constant(weight.layout->desc.type),
                      /* Y_TYPE */ storage_constant(y.desc.type),
                      /* BIAS */ l.has(bias_input), /* RESIDUAL */ l.has(residual_input),
                      /* ACTIVATION */ static_cast<std::uint32_t>(l.attributes().integer("activation")),
                      /* ALIGNED */ width % 4 == 0 && x.stride % 4 == 0 && x_first % 4 == 0},
        .push      = LinearParams{.rows         = static_cast<uint>(slice.rows),
                                  .width        = static_cast<uint>(width),
                                  .outputs      = static_cast<uint>(run.count),
                                  .first_output = static_cast<uint>(weight.layout->chunks[run.chunk].first_row + run.first),
                                  .first_panel  = static_cast<uint>(run.first / panel_rows),
                                  .x_first      = static_cast<uint>(x_first),
                                  .x_stride     = static_cast<uint>(x.stride),
                                  .residual_first  = slice.residual.skipped,
                                  .residual_stride = static_cast<uint>(residual.stride),
                                  .y_first         = slice.y.skipped,
                                  .y_stride        = static_cast<uint>(y.stride),
                                  .row_groups      = static_cast<uint>(row_groups)},
        .groups    = fold_groups(row_groups * divide_up(run.count, choice.outputs), l.traits),
        .cost      = {.flops = 2 * rows * outputs * k,
                      .bytes = static_cast<double>(size_of(x.desc.type)) * rows * k +
                               static_cast<double>(size_of(weight.layout->desc.type)) * outputs * k +
                               static_cast<double>(size_of(y.desc.type) + (l.has(residual_input) ? 4 : 0)) * rows * outputs},
    };
}

// One dispatch per run of rows, chunk of the weight, and run of outputs that a device can take at once.
Lowered lower(const Lowering& l) {
    const LoweredOperand& x             = l.input(x_input);
    const LoweredOperand& residual      = l.input_or_first(residual_input);
    const LoweredOperand& y             = l.output();
    const WeightLayout&   layout        = *l.input(weight_input).layout;
    const std::uint64_t   rows          = x.desc.rows();
    const Choice          choice        = l.traits.is_cpu ? choose_for_cpu(l.traits, rows) : choose_for_gpu(rows);
    const double          flops_per_row = 2 * static_cast<double>(x.desc.width()) * static_cast<double>(y.desc.width());
    const std::uint64_t   widest        = std::max({x.stride * size_of(x.desc.type), y.stride * size_of(y.desc.type),
                                                    residual.stride * size_of(residual.desc.type)});

    Lowered lowered;
    for_row_slices(
        l.traits, rows, {.widest_row_bytes = widest, .flops_per_row = flops_per_row, .granularity = choice.rows},
        [&](std::uint64_t first, std::uint64_t count) {
            const RowSlice slice{.rows     = count,
                                 .x        = row_range(x, Access::read, l.traits, first, count),
                                 .residual = row_range(residual, Access::read, l.traits, first, count),
                                 .y        = row_range(y, Access::write, l.traits, first, count)};
            const double   flops_per_output = 2 * static_cast<double>(x.desc.width()) * static_cast<double>(count);
            const double   affordable = std::clamp(l.traits.unit_seconds * l.traits.flops / flops_per_output, 1.0, 1e9);
            const std::uint64_t at_once =
                round_up(static_cast<std::uint64_t>(affordable), 16 * std::lcm(choice.outputs, panel_rows));
            for (std::uint32_t chunk = 0; chunk < layout.chunks.size(); ++chunk) {
                const std::uint64_t outputs = layout.chunks[chunk].rows;
                for (std::uint64_t run = 0; run < outputs; run += at_once)
                    lowered.dispatches.push_back(dispatch(
                        l, choice, slice, {.chunk = chunk, .first = run, .count = std::min(at_once, outputs - run)}));
            }
        });
    return lowered;
}

}  // namespace

const Op linear{.name           = "linear",
                .infer          = infer,
                .lower          = lower,
                .strided_inputs = 1u << x_input,
                .half_inputs    = 1u << x_input | 1u << weight_input,
                .half_output    = true,
                .panel_inputs   = 1u << weight_input};

}  // namespace ops

Value linear(Graph& g, Value x, Value weight, const LinearOptions& options) {
    std::optional<Operand> bias, residual;
    if (options.bias) bias = Operand{*options.bias};
    if (options.residual) residual = Operand{*options.residual};
    return g.add(ops::linear, {Operand{x}, Operand{weight}, bias, residual},
                 {{"activation", static_cast<std::int64_t>(options.activation)},
                  {"type", static_cast<std::int64_t>(options.type)}})[0];
}

}  // namespace attune
