// What the tests of plans share: devices to plan for, and plans made the way sessions make them.
#pragma once

#include "plan/plan.h"
#include "plan/rewrite.h"
#include "tuning/table.h"
#include "support/example.h"

#include <doctest/doctest.h>

#include <vector>

namespace attune::test {

inline Plan plan_of(const Graph& graph, const DeviceTraits& traits) {
    WeightLayouts      layouts;
    const Graph* const one = &graph;
    add_weight_layouts(layouts, {&one, 1}, traits);
    return make_plan(graph, traits, layouts);
}

inline DeviceTraits cpu_traits(std::uint32_t subgroup_size = 8) {
    DeviceTraits traits;
    traits.name = "cpu";
    traits.is_cpu = true;
    traits.subgroup_size = subgroup_size;
    traits.subgroup_shuffle = subgroup_size > 1;
    traits.offset_alignment = 16;
    traits.max_texels = 1 << 27;
    traits.int64 = true;
    traits.flops = 8e9;
    traits.tuning = tuning_row(traits).tuning;
    return traits;
}

// The least that is planned for, and less: small bindings and few workgroups.
inline DeviceTraits small_traits(bool is_cpu, std::uint64_t max_binding) {
    DeviceTraits traits = is_cpu ? cpu_traits(4) : DeviceTraits{};
    traits.name = std::string(is_cpu ? "small cpu " : "small gpu ") + std::to_string(max_binding);
    traits.max_binding = max_binding;
    traits.max_groups = {64, 64, 64};
    traits.offset_alignment = 256;
    return traits;
}

inline std::vector<DeviceTraits> all_traits() {
    DeviceTraits slow;   // long work is cut into many dispatches
    slow.name = "slow";
    slow.flops = 1e6;
    return {DeviceTraits{}, cpu_traits(), cpu_traits(1), slow, small_traits(false, 1 << 16), small_traits(true, 1 << 16), small_traits(false, 1 << 20), small_traits(true, 1 << 20)};
}

// Example number `seed` of a few hundred: small and large ones, with and without values in f16.
inline RandomGraph planned_graph(std::uint64_t seed) { return {.seed = seed, .large = seed % 2 == 1, .half = seed % 3 == 0, .int8 = seed % 7 == 0, .numbers = false}; }

inline Precision some_precision(std::uint64_t seed) {
    return seed % 5 == 0 ? Precision::f16 : seed % 5 == 1 ? Precision::int8 : Precision::f32;
}

inline std::optional<Type> some_cache(std::uint64_t seed) {
    if (seed % 3 == 0) return std::nullopt;
    return seed % 3 == 1 ? Type::f16 : Type::f32;
}

// Calls `check` with the plan of each of 240 examples, rewritten or not, for devices of both families.
template <class Check> std::size_t for_example_plans(Check&& check) {
    std::size_t plans = 0;
    for (std::uint64_t seed = 0; seed < 240; ++seed) {
        const Graph written = random_example(planned_graph(seed)).graph;
        for (const bool fuse : {false, true}) {
            const Graph graph = rewrite(written, {.precision = some_precision(seed), .cache = some_cache(seed), .fuse = fuse});
            for (const DeviceTraits& traits : {DeviceTraits{}, cpu_traits()}) {
                CAPTURE(seed);
                CAPTURE(fuse);
                CAPTURE(traits.name);
                check(plan_of(graph, traits));
                ++plans;
            }
        }
    }
    return plans;
}

}  // namespace attune::test
