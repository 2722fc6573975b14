#include "ops/linear_products.h"
#include "ops/ops.h"

#include <attune/ops.hpp>

#include <numeric>

namespace attune {
namespace ops {
namespace {

// x [.., K], weight [N, K], bias [N] or absent, residual [.., N] or absent -> [.., N] of attribute `type`;
// with gain [N] and shift [N], which `rewrite` adds, its layer_norm in f32, with attribute `epsilon`
std::vector<TensorDesc> infer(InputDescs in, const Attributes& attributes) {
    const TensorDesc& x      = required("linear", "x", in, linear_inputs::x);
    const TensorDesc& weight = required("linear", "weight", in, linear_inputs::weight);
    expect_type("linear", "x", x, {Type::f32, Type::f16});
    expect_type("linear", "weight", weight, {Type::f32, Type::f16, Type::bf16, Type::i8});
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
    if (const TensorDesc* bias = optional_input(in, linear_inputs::bias)) {
        expect_shape("linear", "bias", *bias, {y.width()});
        expect_type("linear", "bias", *bias, {Type::f32});
    }
    if (const TensorDesc* residual = optional_input(in, linear_inputs::residual)) {
        expect_shape("linear", "residual", *residual, y.shape);
        expect_type("linear", "residual", *residual, {Type::f32});
    }
    if (optional_input(in, linear_inputs::gain) || optional_input(in, linear_inputs::shift)) {
        expect_type("linear", "y", y, {Type::f32});
        for (const auto& [name, index] : {std::pair{"gain", linear_inputs::gain}, {"shift", linear_inputs::shift}}) {
            expect_shape("linear", name, required("linear", name, in, index), {y.width()});
            expect_type("linear", name, *in[index], {Type::f32});
        }
    }
    return {y};
}

// The operands that are sliced by rows, for one run of rows.
struct RowSlice {
    std::uint64_t first = 0, rows = 0;
    RowBinding    x, residual, y;
};

// Outputs [first, first + count) of one chunk of the weight.
struct OutputRun {
    std::uint32_t chunk = 0;
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

Dispatch dispatch(const Lowering& l, const WholeProduct& way, const RowSlice& slice, const OutputRun& run) {
    const LoweredOperand& x            = l.input(linear_inputs::x);
    const LoweredOperand& weight       = l.input(linear_inputs::weight);
    const std::uint64_t   first_output = weight.layout->chunks[run.chunk].first_row + run.first;
    Product               product{
                      .kernel  = way.kernel,
                      .rows    = slice.rows,
                      .width   = x.desc.width(),
                      .outputs = run.count,
                      .x = {.binding = slice.x.binding, .first = slice.x.skipped + x.column, .stride = x.stride, .type = x.desc.type},
                      .weight      = whole(weight, Access::read, run.chunk),
                      .first_panel = run.first / panel_rows,
                      .bias        = {},
                      .bias_first  = first_output,
                      .residual    = {},
                      .y           = {.binding = slice.y.binding,
                                      .first   = slice.y.skipped + first_output,
                                      .stride  = l.output().stride,
                                      .type    = l.output().desc.type},
                      .activation  = static_cast<std::uint32_t>(l.attributes().integer("activation")),
                      .norm        = way.norm,
                      .append      = way.append};
    if (product.append) product.append->first_row = slice.first;
    if (l.has(linear_inputs::bias)) product.bias = reads(l.input(linear_inputs::bias));
    if (l.has(linear_inputs::residual))
        product.residual = ProductRows{.binding = slice.residual.binding,
                                       .first   = slice.residual.skipped + first_output,
                                       .stride  = l.input(linear_inputs::residual).stride};
    return product_dispatch(l, product);
}

std::uint64_t widest_row_bytes(const Lowering& l) {
    std::uint64_t widest = 0;
    for (const LoweredOperand& operand :
         {l.input(linear_inputs::x), l.input_or_first(linear_inputs::residual), l.output()})
        widest = std::max(widest, operand.stride * size_of(operand.desc.type));
    return widest;
}

double flops_of_row(const Lowering& l) {
    return 2 * static_cast<double>(l.input(linear_inputs::x).desc.width()) *
           static_cast<double>(l.output().desc.width());
}

}  // namespace

// Whole rows, whole sums and the whole bias fit one binding each.
bool fits_whole(const Lowering& l) {
    const WeightLayout& layout  = *l.input(linear_inputs::weight).layout;
    const std::uint64_t outputs = l.output().desc.width();
    if (layout.chunks.front().columns < layout.desc.width()) return false;
    if (l.has(linear_inputs::bias) && reach(l.input(linear_inputs::bias), l.traits, 0) < outputs) return false;
    return fits_by_rows(l.traits, l.input(linear_inputs::x).desc.rows(), widest_row_bytes(l));
}

// One dispatch per run of rows, chunk of the weight, and run of outputs that a device can take at once.
Lowered lower_whole(const Lowering& l, const WholeProduct& way) {
    const LoweredOperand& x      = l.input(linear_inputs::x);
    const LoweredOperand& y      = l.output();
    const WeightLayout&   layout = *l.input(linear_inputs::weight).layout;
    const std::uint64_t   rows   = x.desc.rows();
    const ProductKernel&  kernel = way.kernel;

    Lowered lowered;
    for_row_slices(
        l.traits, rows,
        {.widest_row_bytes = widest_row_bytes(l), .flops_per_row = flops_of_row(l), .granularity = kernel.rows},
        [&](std::uint64_t first, std::uint64_t count) {
            const RowSlice slice{
                .first    = first,
                .rows     = count,
                .x        = row_range(x, Access::read, l.traits, first, count),
                .residual = row_range(l.input_or_first(linear_inputs::residual), Access::read, l.traits, first, count),
                .y        = row_range(y, way.norm ? Access::both : Access::write, l.traits, first, count)};
            const double flops_per_output = 2 * static_cast<double>(x.desc.width()) * static_cast<double>(count);
            const double affordable = std::clamp(l.traits.unit_seconds * l.traits.flops / flops_per_output, 1.0, 1e9);
            const std::uint64_t at_once =
                round_up(static_cast<std::uint64_t>(affordable), 16 * std::lcm(kernel.outputs, panel_rows));
            for (std::uint32_t chunk = 0; chunk < layout.chunks.size(); ++chunk) {
                const std::uint64_t outputs = layout.chunks[chunk].rows;
                for (std::uint64_t run = 0; run < outputs; run += at_once)
                    lowered.dispatches.push_back(dispatch(
                        l, way, slice, {.chunk = chunk, .first = run, .count = std::min(at_once, outputs - run)}));
            }
        });
    return lowered;
}

Lowered lower_sums(const Lowering& l) {
    if (!fits_whole(l)) return lower_linear_in_parts(l);
    return lower_whole(l, {.kernel = choose_product(l.traits, l.input(linear_inputs::x).desc.rows())});
}

namespace {

// The way to rows that are normalised where they are made: each dispatch has all outputs of its rows.
std::optional<WholeProduct> way_with_norm(const Lowering& l) {
    const auto one_binding = [&](std::size_t i) {
        const LoweredOperand& operand = l.input(i);
        return reach(operand, l.traits, 0) >= operand.desc.width();
    };
    if (!fits_whole(l) || l.input(linear_inputs::weight).layout->chunks.size() != 1 ||
        !one_binding(linear_inputs::gain) || !one_binding(linear_inputs::shift))
        return {};
    const ProductKernel kernel = choose_product(l.traits, l.input(linear_inputs::x).desc.rows());
    const NormKernel    norm   = with_norm(kernel, l.traits, l.output().desc.width());
    if (!norm.kernel || kernel.rows * flops_of_row(l) > l.traits.unit_seconds * l.traits.flops) return {};
    return WholeProduct{.kernel = kernel,
                        .norm   = ProductNorm{.kernel  = norm,
                                              .gain    = reads(l.input(linear_inputs::gain)),
                                              .shift   = reads(l.input(linear_inputs::shift)),
                                              .epsilon = l.attributes().real("epsilon")}};
}

// Sums in a temporary, and their norm.
Lowered lower_apart(const Lowering& l) {
    Lowering sums = l, norm = l;
    sums.inputs.resize(linear_inputs::gain);
    sums.outputs[0].unplaced = true;
    norm.inputs     = {sums.output(), std::nullopt, l.input(linear_inputs::gain), l.input(linear_inputs::shift)};
    Lowered lowered = lower_sums(sums);
    append(lowered, layer_norm.lower(norm));
    place_temporary(lowered, l.output().bytes);
    return lowered;
}

Lowered lower(const Lowering& l) {
    if (!l.input(linear_inputs::weight).layout)
        refuse("linear", "weight", "is no weight of the graph", "make it with Graph::weight");
    if (!l.has(linear_inputs::gain)) return lower_sums(l);
    const std::optional<WholeProduct> way = way_with_norm(l);
    return way ? lower_whole(l, *way) : lower_apart(l);
}

}  // namespace

const Op linear{.name           = "linear",
                .infer          = infer,
                .lower          = lower,
                .strided_inputs = 1u << linear_inputs::x,
                .half_inputs    = 1u << linear_inputs::x | 1u << linear_inputs::weight,
                .half_output    = true,
                .int8_inputs    = 1u << linear_inputs::weight,
                .panel_inputs   = 1u << linear_inputs::weight};

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
