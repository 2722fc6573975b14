#include "params/elementwise.h"
#include "kernels/kernels.h"
#include "ops/box.h"
#include "ops/ops.h"

#include <attune/ops.hpp>

namespace attune {
namespace ops {
namespace {

std::vector<TensorDesc> infer_add(InputDescs in, const Attributes&) {
    const TensorDesc& a = required("add", "a", in, 0);
    const TensorDesc& b = required("add", "b", in, 1);
    expect_type("add", "a", a, {Type::f32, Type::f16});
    expect_type("add", "b", b, {Type::f32, Type::f16});
    expect_shape("add", "b", b, a.shape);
    return {{Type::f32, a.shape}};
}

std::vector<TensorDesc> infer_activate(InputDescs in, const Attributes&) {
    const TensorDesc& x = required("activate", "x", in, 0);
    expect_type("activate", "x", x, {Type::f32, Type::f16});
    if (x.type == Type::f16 && x.width() % 2) refuse("activate", "x", "is f16 with an odd width", "use f32");
    return {x};
}

struct Elementwise {
    const Kernel* kernel = nullptr;
    std::uint32_t constant;  // the last: the other operand's type, or the activation
    bool          two_operands = false;
};

// Rows lie next to each other in all operands, so that slices may begin and end anywhere in them.
Lowered lower_elementwise(const Lowering& l, const Elementwise& what) {
    const std::uint32_t lanes = point_lanes(l.traits);
    const auto          line  = [](const LoweredOperand& operand, Access access) {
        return BoxSide{.operand = operand, .access = access, .strides = {1, 0, 0, 0, 0}};
    };
    const BoxSide sides[] = {line(l.input(0), Access::read), line(l.input(what.two_operands ? 1 : 0), Access::read),
                             line(l.output(), Access::write)};
    Lowered       lowered;
    for_boxes(
        l.traits, {.extent = {l.input(0).desc.elements(), 1, 1, 1, 1}}, sides,
        {.granularity = {64, 1, 1, 1, 1}, .flops_per_point = 8, .points_per_group = lanes}, [&](const Box& box) {
            const std::uint64_t elements = box.extent[0];
            const RowBinding    x        = bind(sides[0], box, l.traits);
            const RowBinding    other    = bind(sides[1], box, l.traits);
            const RowBinding    result   = bind(sides[2], box, l.traits);
            const std::uint32_t run =
                neighbours_at_once(l.traits, {elements, x.skipped, other.skipped, result.skipped});
            Dispatch dispatch{
                .kernel    = what.kernel,
                .bindings  = {x.binding},
                .constants = {/* GROUP */ lanes, /* TYPE */ storage_constant(l.input(0).desc.type), /* RUN */ run,
                              what.constant},
                .push      = ElementwiseParams{.elements     = static_cast<uint>(elements),
                                               .x_start      = x.skipped,
                                               .other_start  = other.skipped,
                                               .result_start = result.skipped},
                .groups    = fold_groups(divide_up(elements, std::uint64_t{lanes} * run), l.traits),
                .cost = {.flops = 8.0 * static_cast<double>(elements), .bytes = 12.0 * static_cast<double>(elements)},
            };
            if (what.two_operands) dispatch.bindings.push_back(other.binding);
            dispatch.bindings.push_back(result.binding);
            lowered.dispatches.push_back(std::move(dispatch));
        });
    return lowered;
}

Lowered lower_add(const Lowering& l) {
    return lower_elementwise(
        l, {.kernel = &kernels::add, .constant = storage_constant(l.input(1).desc.type), .two_operands = true});
}

Lowered lower_activate(const Lowering& l) {
    const auto activation = static_cast<std::uint32_t>(l.attributes().integer("activation"));
    return lower_elementwise(l, {.kernel = &kernels::activate, .constant = activation, .two_operands = false});
}

}  // namespace

const Op add{.name = "add", .infer = infer_add, .lower = lower_add, .half_inputs = 3};
const Op activate{
    .name = "activate", .infer = infer_activate, .lower = lower_activate, .half_inputs = 1, .keeps_type = true};

}  // namespace ops

Value add(Graph& g, Value a, Value b) { return g.add(ops::add, {Operand{a}, Operand{b}})[0]; }

Value activate(Graph& g, Value x, Activation activation) {
    return g.add(ops::activate, {Operand{x}}, {{"activation", static_cast<std::int64_t>(activation)}})[0];
}

}  // namespace attune
