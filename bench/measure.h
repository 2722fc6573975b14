// From a thing that can be run to times that can be trusted, or are marked where they cannot.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace attune::bench {

// Runs something `repeats` times back to back, and that `samples` times: the seconds of one run, for each sample.
using Sampler = std::function<std::vector<double>(std::uint32_t repeats, std::uint32_t samples)>;

struct MeasureOptions {
    std::uint32_t            samples         = 20;
    double                   least_seconds   = 1e-3;  // that a sample lasts
    double                   warm_up_seconds = 2;     // at most, once five samples are there
    std::uint32_t            most_repeats    = 4096;
    std::optional<double>    most_seconds    = {};       // of all samples: what would take longer is not begun
    const std::atomic<bool>* cancel          = nullptr;  // status cancelled, between two submissions
};

struct Timing {
    std::vector<double> seconds;       // of one run each; none: they would have taken too long
    double              in_all   = 0;  // seconds, about, that they would have taken then
    std::uint32_t       repeats  = 1;
    bool                unstable = false;  // the samples never settled
};

// Runs until five samples in a row agree within 2 %, or the warm-up's time is over: then the timing is unstable. What
// follows is measured whether it agrees or not.
Timing measure(const Sampler& sample, const MeasureOptions& options);

}  // namespace attune::bench
