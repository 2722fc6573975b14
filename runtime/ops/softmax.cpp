#include "params/softmax.h"
#include "kernels/kernels.h"
#include "ops/ops.h"
#include "ops/parts.h"

#include <attune/ops.hpp>

namespace attune {
namespace ops {
namespace {

constexpr std::uint64_t longest_row_of_a_lane = 16384;

// x [.., width] f32 -> the same
std::vector<TensorDesc> infer(InputDescs in, const Attributes&) {
    const TensorDesc& x = required("softmax", "x", in, 0);
    expect_type("softmax", "x", x, {Type::f32});
    return {x};
}

// Whether lanes hold a row in registers.
bool in_registers(const Lowering& l) {
    return fits_registers(l.traits, Variant::softmax_registers, l.input(0).desc.width());
}

// Whether subgroups take rows, and no workgroup one together. A lane that has a row for itself loops three times over
// it; lavapipe ends an invocation after 65,535 turns.
bool by_subgroups(const Lowering& l) {
    return in_registers(l) || (l.traits.is_cpu && l.traits.allows(Variant::softmax_lanes) &&
                               l.input(0).desc.width() <= longest_row_of_a_lane);
}

// The order of a sum follows the lanes, so their number follows the device and the width alone.
std::uint32_t row_lanes(const Lowering& l) {
    return group_lanes(l.traits, by_subgroups(l) ? l.traits.subgroup_size : 64);
}

RowKernel row_kernel(const Lowering& l) {
    const std::uint32_t lanes = row_lanes(l);
    if (in_registers(l))
        return held_in_registers({.kernel = &kernels::softmax_registers, .constants = {/* GROUP */ lanes}},
                                 l.input(0).desc, lanes, l.traits.tuning);
    if (by_subgroups(l)) return {.kernel = &kernels::softmax_lanes, .rows = lanes, .constants = {/* GROUP */ lanes}};
    return {.kernel = &kernels::softmax, .constants = {/* GROUP */ lanes}};
}

Lowered lower_rows(const Lowering& l) {
    const LoweredOperand& x             = l.input(0);
    const std::uint64_t   width         = x.desc.width();
    const RowKernel       kernel        = row_kernel(l);
    const double          flops_per_row = 20.0 * static_cast<double>(width);

    Lowered lowered;
    for_row_slices(l.traits, x.desc.rows(), {.widest_row_bytes = width * 4, .flops_per_row = flops_per_row},
                   [&](std::uint64_t first, std::uint64_t rows) {
                       const RowBinding from = row_range(x, Access::read, l.traits, first, rows);
                       const RowBinding to   = row_range(l.output(), Access::write, l.traits, first, rows);
                       lowered.dispatches.push_back({
                           .kernel    = kernel.kernel,
                           .bindings  = {from.binding, to.binding},
                           .constants = kernel.constants,
                           .push      = SoftmaxParams{.rows         = static_cast<uint>(rows),
                                                      .width        = static_cast<uint>(width),
                                                      .x_start      = from.skipped,
                                                      .result_start = to.skipped},
                           .groups    = fold_groups(divide_up(rows, kernel.rows), l.traits),
                           .cost      = {.flops = flops_per_row * static_cast<double>(rows),
                                         .bytes = 8.0 * static_cast<double>(rows * width)},
                       });
                   });
    return lowered;
}

// Rows longer than a binding or a walk: what their parts are like, then the result from all of them.
Lowered lower_parts(const Lowering& l) {
    const std::uint64_t width    = l.input(0).desc.width();
    const std::uint32_t lanes    = group_lanes(l.traits, 64);
    const BoxSide       sides[2] = {row_side(l.input(0), Access::read), row_side(l.output(), Access::write)};
    const auto          params   = [&](const RowPart& part, const RowBinding& from) {
        return SoftmaxPartsParams{.elements     = static_cast<uint>(part.elements),
                                             .part         = static_cast<uint>(part.length),
                                             .parts        = static_cast<uint>(part.parts),
                                             .stats_start  = static_cast<uint>(part.stats_start),
                                             .x_start      = from.skipped,
                                             .result_start = 0};
    };
    return lower_in_parts(
        l, {.rows = l.input(0).desc.rows(), .width = width, .read = {&sides[0], 1}, .applied = sides},
        [&](const RowPart& part) {
            const RowBinding from = bind(sides[0], part.box, l.traits);
            return Dispatch{.kernel    = &kernels::softmax_parts,
                            .bindings  = {from.binding, part.stats},
                            .constants = {/* GROUP */ lanes},
                            .push      = params(part, from),
                            .groups    = fold_groups(divide_up(part.elements, part.length), l.traits),
                            .cost      = {.flops = 10.0 * static_cast<double>(part.elements),
                                          .bytes = 4.0 * static_cast<double>(part.elements)}};
        },
        [&](const RowPart& part) {
            const RowBinding   from = bind(sides[0], part.box, l.traits), to = bind(sides[1], part.box, l.traits);
            SoftmaxPartsParams push = params(part, from);
            push.result_start       = to.skipped;
            return Dispatch{.kernel    = &kernels::softmax_apply,
                            .bindings  = {from.binding, part.stats, to.binding},
                            .constants = {/* GROUP */ lanes},
                            .push      = push,
                            .groups    = fold_groups(divide_up(part.elements, part.length), l.traits),
                            .cost      = {.flops = 10.0 * static_cast<double>(part.elements),
                                          .bytes = 8.0 * static_cast<double>(part.elements)}};
        });
}

Lowered lower(const Lowering& l) {
    const TensorDesc& x = l.input(0).desc;
    const RowWalk     walk{.rows = x.rows(), .width = x.width(), .passes = 3, .lanes = row_lanes(l)};
    const bool        whole =
        by_subgroups(l) ? fits_by_rows(l.traits, walk.rows, walk.width * 4) : fits_a_workgroup(l.traits, walk);
    return whole ? lower_rows(l) : lower_parts(l);
}

}  // namespace

const Op softmax{.name = "softmax", .infer = infer, .lower = lower};

}  // namespace ops

Value softmax(Graph& g, Value x) { return g.add(ops::softmax, {Operand{x}})[0]; }

}  // namespace attune
