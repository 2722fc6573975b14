// Cutting boxes of indices until what each operand holds of one fits a binding.
#include "ops/box.h"
#include "support/expect_error.h"
#include "checks/numbers.h"

#include <numeric>

namespace attune::test {
namespace {

LoweredOperand operand_of(Type type, std::uint64_t elements) {
    return {.value = 1, .desc = {type, {elements}}, .column = 0, .stride = elements, .bytes = round_up(elements * size_of(type), 4), .layout = nullptr};
}

// A dense operand over some of the axes, in any order of them.
BoxSide random_side(const Box& whole, Random& random) {
    BoxSide                  side{.operand = {}, .access = random.below(2) ? Access::read : Access::write, .start = 0, .strides = {0, 0, 0, 0, 0}, .reads_on = 1};
    std::array<std::size_t, 3> order = {0, 1, 2};
    for (std::size_t i = 3; i > 1; --i) std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
    std::uint64_t elements = 1;
    for (const std::size_t axis : order) {
        if (random.below(4) == 0) continue;   // the operand does not vary along it
        side.strides[axis] = elements;
        elements *= whole.extent[axis];
    }
    side.start = random.below(100);
    side.operand = operand_of(random.below(2) ? Type::f32 : Type::f16, side.start + elements + random.below(100));
    return side;
}

std::string text(const Box& box) {
    std::string result;
    for (std::size_t axis = 0; axis < box_axes; ++axis) result += std::to_string(box.first[axis]) + "+" + std::to_string(box.extent[axis]) + " ";
    return result;
}

}  // namespace

TEST_CASE("boxes cover every index once, in order along an axis, and fit") {
    std::size_t cuts = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        CAPTURE(seed);
        Random       random(seed);
        DeviceTraits traits;
        traits.offset_alignment = 1u << (2 + random.below(7));
        traits.max_binding = std::uint64_t{1} << (10 + random.below(4));
        traits.flops = 1e6;
        Box whole;
        for (std::size_t axis = 0; axis < 3; ++axis) whole.extent[axis] = 1 + random.below(axis == 0 ? 300 : 20);
        const std::array<BoxSide, 2> sides = {random_side(whole, random), random_side(whole, random)};
        BoxLimits                    limits{.granularity = {1, 1, 1, 1, 1}, .flops_per_point = random.below(2) ? 0.0 : random.uniform(0.1, 10), .points_per_group = random.below(3) ? 0u : 8u};
        for (std::size_t axis = 0; axis < 3; ++axis)   // neighbours in memory may have to stay together
            if (std::max(sides[0].strides[axis], sides[1].strides[axis]) <= 1) limits.granularity[axis] = 1 + random.below(4);
        if (limits.points_per_group) traits.max_groups = {10, 10, 1};
        std::vector<unsigned char> seen(whole.points());
        for_boxes(traits, whole, sides, limits, [&](const Box& box) {
            CAPTURE(text(box));
            ++cuts;
            for (std::size_t axis = 0; axis < box_axes; ++axis) CHECK(box.first[axis] % limits.granularity[axis] == 0);
            for (const BoxSide& side : sides) {
                const RowBinding bound = bind(side, box, traits);
                CHECK(bound.binding.bytes <= traits.max_binding);
                CHECK(bound.binding.offset % traits.offset_alignment == 0);
                const std::uint64_t first = std::inner_product(box.first.begin(), box.first.end(), side.strides.begin(), side.start);
                CHECK(bound.binding.offset + bound.skipped * size_of(side.operand.desc.type) == first * size_of(side.operand.desc.type));
                CHECK(bound.binding.access == side.access);
            }
            const bool smallest = box.extent[0] <= limits.granularity[0] && box.extent[1] <= limits.granularity[1] && box.extent[2] <= limits.granularity[2];
            if (limits.points_per_group && !smallest) CHECK(box.points() <= 800);
            if (limits.flops_per_point > 0 && !smallest) CHECK(static_cast<double>(box.points()) * limits.flops_per_point <= traits.unit_seconds * traits.flops);
            for (std::uint64_t i = 0; i < box.extent[0]; ++i)
                for (std::uint64_t j = 0; j < box.extent[1]; ++j)
                    for (std::uint64_t k = 0; k < box.extent[2]; ++k)
                        ++seen[((box.first[0] + i) * whole.extent[1] + box.first[1] + j) * whole.extent[2] + box.first[2] + k];
        });
        CHECK(std::all_of(seen.begin(), seen.end(), [](unsigned char count) { return count == 1; }));
    }
    CHECK(cuts > 4000);
}

TEST_CASE("what cannot be cut, and an empty box") {
    DeviceTraits traits;
    traits.max_binding = 1024;
    const std::array<BoxSide, 1> walks = {{{.operand = operand_of(Type::f32, 9000), .access = Access::read, .start = 0, .strides = {300, 0, 0, 0, 0}, .reads_on = 300}}};
    expect_error(Status::bad_input, {"f32[9000]", "1200 bytes"}, [&] { for_boxes(traits, {.extent = {30, 1, 1, 1, 1}}, walks, {}, [](const Box&) {}); });
    for_boxes(traits, {.extent = {0, 1, 1, 1, 1}}, walks, {}, [](const Box&) { FAIL("a slice of nothing"); });
}

}  // namespace attune::test
