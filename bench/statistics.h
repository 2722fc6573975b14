// What a handful of times says.
#pragma once

#include <span>
#include <vector>

namespace attune::bench {

// The value below which `share` (0 to 1) of the samples lie, with straight lines between neighbours (R's type 7).
// Samples in any order, at least one.
double quantile(std::span<const double> samples, double share);

inline double median(std::span<const double> samples) { return quantile(samples, 0.5); }

struct Interval {
    double low = 0, high = 0;
};

// 95 % of the medians of 2,000 draws with replacement, from a fixed seed (Efron 1979): the same samples give the same
// interval. At least one sample.
Interval median_interval(std::span<const double> samples);

// The largest and the smallest lie no further apart than `share` of the median.
bool agree(std::span<const double> samples, double share);

}  // namespace attune::bench
