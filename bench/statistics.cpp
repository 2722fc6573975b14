#include "bench/statistics.h"

#include "checks/numbers.h"

#include <algorithm>

namespace attune::bench {
namespace {

constexpr std::size_t draws = 2000;

double sorted_quantile(std::span<const double> sorted, double share) {
    const double      at    = share * static_cast<double>(sorted.size() - 1);
    const std::size_t below = static_cast<std::size_t>(at), above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

double quantile(std::span<const double> samples, double share) {
    std::vector<double> sorted(samples.begin(), samples.end());
    std::ranges::sort(sorted);
    return sorted_quantile(sorted, share);
}

Interval median_interval(std::span<const double> samples) {
    test::Random        random(std::uint64_t{20261121});
    std::vector<double> medians(draws), drawn(samples.size());
    for (double& value : medians) {
        for (double& one : drawn) one = samples[random.below(static_cast<std::uint32_t>(samples.size()))];
        std::ranges::sort(drawn);
        value = sorted_quantile(drawn, 0.5);
    }
    std::ranges::sort(medians);
    return {.low = sorted_quantile(medians, 0.025), .high = sorted_quantile(medians, 0.975)};
}

bool agree(std::span<const double> samples, double share) {
    const auto [least, most] = std::ranges::minmax(samples);
    return most - least <= share * median(samples);
}

}  // namespace attune::bench
