// A clock of the test's own for the units of recorded runs: what they cost is what the test says, so that budgets meet
// costs of their own size on whatever device.
#pragma once

#include "support/vulkan_shim.h"

namespace attune::test {

// Milliseconds of a unit by its place in the program: from far below to far above the budgets.
inline double stated_milliseconds(std::size_t unit) {
    constexpr double costs[] = {0.05, 0.4, 0.13, 1.7, 0.02, 6.0, 0.3, 0.3, 2.6, 13.0, 0.9};
    return costs[unit % std::size(costs)];
}

// From now on timestamps of the device say so, `scale` times as long: each unit begins when the one before it ends.
inline void state_costs(VulkanShim& shim, double scale = 1) {
    shim.timestamps = [scale](std::span<std::uint64_t> ticks) {
        double milliseconds = 0;
        for (std::size_t i = 0; i < ticks.size(); ++i) {
            if (i % 2 == 1) milliseconds += scale * stated_milliseconds(i / 2);
            ticks[i] = static_cast<std::uint64_t>(milliseconds * 1e6);
        }
    };
}

inline constexpr double slice_budgets[] = {0.2e-3, 0.5e-3, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3};

}  // namespace attune::test
