#include "ops/box.h"

#include <attune/error.hpp>

namespace attune {
namespace {

std::uint64_t first_of(const BoxSide& side, const Box& box) {
    std::uint64_t first = side.start;
    for (std::size_t axis = 0; axis < box_axes; ++axis) first += box.first[axis] * side.strides[axis];
    return first;
}

// Elements from the first to the last that a box sees.
std::uint64_t span_of(const BoxSide& side, const Box& box) {
    std::uint64_t span = side.reads_on;
    for (std::size_t axis = 0; axis < box_axes; ++axis) span += (box.extent[axis] - 1) * side.strides[axis];
    return span;
}

// Where to cut a box that is too large: the first `extent` indices of an axis.
struct Cut {
    std::size_t   axis   = 0;
    std::uint64_t extent = 0;  // that of the box: nothing can be cut
};

// The axis with the largest measure among those that can be cut.
template <class Measure> std::size_t longest_axis(const Box& box, const BoxLimits& limits, const Measure& measure) {
    std::size_t longest = box_axes;
    for (std::size_t axis = 0; axis < box_axes; ++axis) {
        if (box.extent[axis] <= limits.granularity[axis] || measure(axis) == 0) continue;
        if (longest == box_axes || measure(axis) > measure(longest)) longest = axis;
    }
    return longest;
}

// As many indices as the binding sees, or as few as may be.
Cut cut_for_side(const DeviceTraits& traits, const Box& box, const BoxSide& side, const BoxLimits& limits) {
    const std::size_t axis =
        longest_axis(box, limits, [&](std::size_t a) { return (box.extent[a] - 1) * side.strides[a]; });
    if (axis == box_axes)
        throw Error(Status::bad_input, "lowering",
                    "elements of " + side.operand.desc.text() + " that lie " +
                        std::to_string(span_of(side, box) * size_of(side.operand.desc.type)) +
                        " bytes apart are needed at once, more than a binding of this device may see");
    const std::uint64_t others = span_of(side, box) - (box.extent[axis] - 1) * side.strides[axis];
    const std::uint64_t seen = reach(side.operand, traits, first_of(side, box)), step = limits.granularity[axis];
    const std::uint64_t fitting = seen < others ? 1 : (seen - others) / side.strides[axis] + 1;
    return {.axis = axis, .extent = std::max(fitting / step, std::uint64_t{1}) * step};
}

// Half, where there is too much work for one dispatch.
Cut cut_work(const Box& box, const BoxLimits& limits) {
    const std::size_t axis =
        longest_axis(box, limits, [&](std::size_t a) { return box.extent[a] / limits.granularity[a]; });
    if (axis == box_axes) return {.axis = 0, .extent = box.extent[0]};
    return {.axis = axis, .extent = round_up(divide_up(box.extent[axis], 2), limits.granularity[axis])};
}

// The points that one dispatch may have.
std::uint64_t most_points(const DeviceTraits& traits, const BoxLimits& limits) {
    double most = 1e18;
    if (limits.flops_per_point > 0) most = traits.unit_seconds * traits.flops / limits.flops_per_point;
    if (limits.points_per_group > 0)
        most = std::min(most, static_cast<double>(limits.points_per_group) * static_cast<double>(most_groups(traits)));
    return static_cast<std::uint64_t>(std::clamp(most, 1.0, 1e18));
}

}  // namespace

std::uint64_t Box::points() const noexcept {
    std::uint64_t product = 1;
    for (const std::uint64_t one : extent) product *= one;
    return product;
}

RowBinding bind(const BoxSide& side, const Box& box, const DeviceTraits& traits) {
    return element_range(side.operand, side.access, traits, first_of(side, box), span_of(side, box));
}

void for_boxes(const DeviceTraits& traits, const Box& whole, std::span<const BoxSide> sides, const BoxLimits& limits,
               const std::function<void(const Box&)>& slice) {
    if (whole.points() == 0) return;
    const std::uint64_t most = most_points(traits, limits);
    std::vector<Box>    left = {whole};  // the next one last
    while (!left.empty()) {
        const Box  box   = left.back();
        const auto large = std::find_if(sides.begin(), sides.end(), [&](const BoxSide& side) {
            return span_of(side, box) > reach(side.operand, traits, first_of(side, box));
        });
        Cut        cut{.axis = 0, .extent = box.extent[0]};
        if (large != sides.end())
            cut = cut_for_side(traits, box, *large, limits);
        else if (box.points() > most)
            cut = cut_work(box, limits);
        left.pop_back();
        if (cut.extent == box.extent[cut.axis]) {
            slice(box);
            continue;
        }
        Box head = box, tail = box;
        head.extent[cut.axis] = cut.extent;
        tail.first[cut.axis] += cut.extent;
        tail.extent[cut.axis] -= cut.extent;
        left.push_back(tail);
        left.push_back(head);
    }
}

}  // namespace attune
