// Boxes of indices, cut along any axis until what each operand holds of one fits one binding. For ops that
// make every element by itself, so that a cut changes no bit.
#pragma once

#include "ops/lowering.h"

#include <array>
#include <functional>
#include <span>

namespace attune {

inline constexpr std::size_t box_axes = 5;
using BoxNumbers = std::array<std::uint64_t, box_axes>;

// Indices first .. first + extent - 1 along each axis; axes that an op does not need have one index.
struct Box {
    BoxNumbers first  = {0, 0, 0, 0, 0};
    BoxNumbers extent = {1, 1, 1, 1, 1};

    std::uint64_t points() const noexcept;
};

// How an operand lies: index i along each axis is element start + sum of i * stride, counted from its beginning.
// Stride 0: the operand does not vary along the axis. reads_on: elements read from each index on, more than one
// where an op walks along an axis that no box has.
struct BoxSide {
    LoweredOperand operand;
    Access         access  = Access::read;
    std::uint64_t  start   = 0;
    BoxNumbers     strides = {0, 0, 0, 0, 0};
    std::uint64_t  reads_on = 1;
};

struct BoxLimits {
    BoxNumbers    granularity = {1, 1, 1, 1, 1};   // cut only at multiples of it
    double        flops_per_point = 0;             // one dispatch has its share of time
    std::uint64_t points_per_group = 0;            // 0: workgroups are no concern; else how many one has at least
};

// What a box sees of an operand; `skipped` leads to its first index.
RowBinding bind(const BoxSide& side, const Box& box, const DeviceTraits& traits);

// Cuts `whole` and calls `slice` for each part, in order of the indices. Where a side does not fit, the axis
// along which its elements lie farthest apart is cut first. Throws bad_input if not even one index fits.
void for_boxes(const DeviceTraits& traits, const Box& whole, std::span<const BoxSide> sides, const BoxLimits& limits,
               const std::function<void(const Box&)>& slice);

}  // namespace attune
