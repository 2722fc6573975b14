#include "params/softmax.h"
#include "kernels/kernels.h"
#include "ops/lowering.h"
#include "ops/ops.h"

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

Lowered lower(const Lowering& l) {
    const LoweredOperand& x     = l.input(0);
    const std::uint64_t   width = x.desc.width();
    // A lane that has a row for itself loops three times over it; lavapipe ends an invocation after 65,535 turns.
    const bool rows_per_lane = l.traits.is_cpu && width <= longest_row_of_a_lane;
    // The order of a sum follows the lanes, so their number follows the device and the width alone.
    const std::uint32_t lanes         = group_lanes(l.traits, l.traits.is_cpu ? l.traits.subgroup_size : 64);
    const double        flops_per_row = 20.0 * static_cast<double>(width);

    Lowered lowered;
    for_row_slices(l.traits, x.desc.rows(), {.widest_row_bytes = width * 4, .flops_per_row = flops_per_row},
                   [&](std::uint64_t first, std::uint64_t rows) {
                       const RowBinding from = row_range(x, Access::read, l.traits, first, rows);
                       const RowBinding to   = row_range(l.output(), Access::write, l.traits, first, rows);
                       lowered.dispatches.push_back({
                           .kernel    = rows_per_lane ? &kernels::softmax_lanes : &kernels::softmax,
                           .bindings  = {from.binding, to.binding},
                           .constants = {/* GROUP */ lanes},
                           .push      = SoftmaxParams{.rows         = static_cast<uint>(rows),
                                                      .width        = static_cast<uint>(width),
                                                      .x_start      = from.skipped,
                                                      .result_start = to.skipped},
                           .groups    = fold_groups(rows_per_lane ? divide_up(rows, lanes) : rows, l.traits),
                           .cost      = {.flops = flops_per_row * static_cast<double>(rows),
                                         .bytes = 8.0 * static_cast<double>(rows * width)},
                       });
                   });
    return lowered;
}

}  // namespace

const Op softmax{.name = "softmax", .infer = infer, .lower = lower};

}  // namespace ops

Value softmax(Graph& g, Value x) { return g.add(ops::softmax, {Operand{x}})[0]; }

}  // namespace attune
