// Cutting rows into slices, folding workgroups, choosing lanes, and binding rows.
#include "ops/lowering.h"
#include "support/expect_error.h"
#include "checks/numbers.h"

namespace attune::test {

TEST_CASE("slices cover all rows in order, and fit") {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        CAPTURE(seed);
        Random       random(seed);
        DeviceTraits traits;
        traits.offset_alignment = 1u << (2 + random.below(7));
        traits.max_binding = std::uint64_t{1} << (12 + random.below(10));
        traits.flops = 1e6;
        const std::uint64_t rows = random.below(5000);
        const SliceLimits   limits{.widest_row_bytes = random.below(5) ? 1 + random.below(2000) : 1 + random.below(200'000), .flops_per_row = random.below(2) ? 0.0 : random.uniform(1, 1e5),
                                   .granularity = random.below(2) ? 1u : 1u + random.below(16), .max_rows = random.below(2) ? UINT64_MAX : 1 + random.below(900)};
        std::uint64_t next = 0, largest = 0;
        bool          refused = false, wrong = false;
        try {
            for_row_slices(traits, rows, limits, [&](std::uint64_t first, std::uint64_t count) {
                const bool few = count * limits.widest_row_bytes + limits.widest_row_bytes > traits.max_binding - traits.offset_alignment;
                wrong = wrong || first != next || count == 0 || (first + count < rows && count % limits.granularity != 0 && !few);
                next = first + count;
                largest = std::max(largest, count);
            });
        } catch (const Error& error) {
            refused = true;
            CHECK(error.status() == Status::bad_input);
        }
        const std::uint64_t room = traits.max_binding - (largest < rows ? traits.offset_alignment : 0);
        CHECK(!wrong);
        if (refused) CHECK(limits.widest_row_bytes > traits.max_binding - traits.offset_alignment);
        else CHECK(next == rows);
        if (!refused) CHECK(largest * limits.widest_row_bytes <= room);
        if (!refused && limits.flops_per_row > 0 && largest > limits.granularity) CHECK(static_cast<double>(largest) * limits.flops_per_row <= traits.unit_seconds * traits.flops);
        if (!refused && largest > limits.granularity) CHECK(largest <= limits.max_rows);
    }
}

TEST_CASE("workgroups are folded within the device's limits") {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        CAPTURE(seed);
        Random       random(seed);
        DeviceTraits traits;
        traits.max_groups = {1 + random.below(100), 1 + random.below(100), 1};
        const std::uint64_t most = std::uint64_t{traits.max_groups[0]} * traits.max_groups[1], count = 1 + random.below(static_cast<std::uint32_t>(most + most / 4 + 1));
        CAPTURE(count);
        if (count > most) {
            expect_error(Status::bad_input, {"workgroups"}, [&] { fold_groups(count, traits); });
            continue;
        }
        const Groups groups = fold_groups(count, traits);
        CHECK(groups.x <= traits.max_groups[0]);
        CHECK(groups.y <= traits.max_groups[1]);
        CHECK(groups.z == 1);
        CHECK(std::uint64_t{groups.x} * groups.y >= count);
        CHECK(std::uint64_t{groups.x} * groups.y < count + groups.y);   // less than a column too many
    }
    CHECK(fold_groups(70'000, {}).x == 35'000);
    CHECK(fold_groups(70'000, {}).y == 2);
}

TEST_CASE("lanes are a power of two that the device can hold") {
    for (const bool is_cpu : {false, true})
        for (const std::uint32_t subgroup : {1u, 4u, 8u, 16u, 32u, 64u})
            for (const std::uint32_t most : {1u, 2u, 100u, 128u, 1024u})
                for (const std::uint32_t wanted : {1u, 2u, 3u, 31u, 64u, 128u, 256u, 4096u}) {
                    CAPTURE(is_cpu);
                    CAPTURE(subgroup);
                    CAPTURE(most);
                    CAPTURE(wanted);
                    DeviceTraits traits;
                    traits.is_cpu = is_cpu;
                    traits.subgroup_size = subgroup;
                    traits.max_invocations = most;
                    traits.max_group_size = {1024, 1024, 64};
                    const std::uint32_t lanes = group_lanes(traits, wanted);
                    CHECK(lanes >= 1);
                    CHECK((lanes & (lanes - 1)) == 0);
                    CHECK(lanes <= most);
                    CHECK(lanes < 2 * wanted);
                    if (is_cpu) CHECK(lanes <= std::max(subgroup, 4u));
                    const bool could_grow = lanes < wanted && 2 * lanes <= most && (!is_cpu || 2 * lanes <= std::max(subgroup, 4u));
                    CHECK(!could_grow);
                }
}

TEST_CASE("a run of rows is bound from an aligned place at or before its first element") {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        CAPTURE(seed);
        Random       random(seed);
        DeviceTraits traits;
        traits.offset_alignment = 1u << (2 + random.below(7));
        const Type          type = random.below(2) ? Type::f32 : Type::f16;
        const std::uint64_t width = 2 * (1 + random.below(50)), rows = 1 + random.below(60), first = random.below(static_cast<std::uint32_t>(rows));
        const std::uint64_t count = 1 + random.below(static_cast<std::uint32_t>(rows - first)), item = size_of(type);
        LoweredOperand      operand{.value = 3, .desc = {type, {rows, width}}, .column = 0, .stride = width, .bytes = rows * width * item, .layout = nullptr};
        const RowBinding    bound = row_range(operand, Access::write, traits, first, count);
        CHECK(bound.binding.index == 3);
        CHECK(bound.binding.access == Access::write);
        CHECK(bound.binding.offset % traits.offset_alignment == 0);
        CHECK(bound.binding.offset + bound.skipped * item == first * width * item);
        CHECK(bound.skipped * item < traits.offset_alignment);
        CHECK(bound.binding.offset + bound.binding.bytes == (first + count) * width * item);
    }
}

TEST_CASE("weights that are not row-major in one piece are not bound as if they were") {
    const TensorDesc     desc{Type::f32, {32, 8}};
    const WeightLayout   panels = make_weight_layout(desc, Packing::panels, 1 << 20), chunks = make_weight_layout(desc, Packing::plain, 512), plain = make_weight_layout(desc, Packing::plain, 1 << 20);
    const auto           operand = [&](const WeightLayout& layout) { return LoweredOperand{.value = 1, .desc = desc, .column = 0, .stride = 8, .bytes = desc.bytes(), .layout = &layout}; };
    const LoweredOperand in_panels = operand(panels), in_chunks = operand(chunks), whole_one = operand(plain);
    for (const LoweredOperand* one : {&in_panels, &in_chunks}) {
        expect_error(Status::bad_input, {"f32[32, 8]", "panels"}, [&] { reads(*one); });
        expect_error(Status::bad_input, {"f32[32, 8]", "panels"}, [&] { row_range(*one, Access::read, {}, 0, 32); });
    }
    expect_error(Status::bad_input, {"f32[32, 8]", "panels"}, [&] { reach(in_panels, {}, 0); });
    CHECK(reach(in_chunks, {}, 8) == 15 * 8);   // to the end of a chunk of 16 rows
    CHECK(row_range(in_chunks, Access::read, {}, 17, 3).binding.chunk == 1);
    CHECK(row_range(in_chunks, Access::read, {}, 17, 3).skipped == 8);
    CHECK(reads(whole_one).bytes == desc.bytes());
    CHECK(whole(in_panels, Access::read, 0).bytes == desc.bytes());
    CHECK(whole(in_chunks, Access::read, 1).kind == Binding::weight_chunk);
    CHECK(whole(in_chunks, Access::read, 1).chunk == 1);
}

}  // namespace attune::test
