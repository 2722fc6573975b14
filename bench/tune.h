// Which of the numbers that a device can be tuned in (attune/tuning.hpp) are better than the table's, by measuring.
//
//     const auto tuned = attune::bench::tune(device, {.trial = [](const attune::bench::TuneTrial& one) { ... }});
#pragma once

#include "bench/statistics.h"

#include <attune/tuning.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace attune::bench {

// One value of one choice on one case.
struct TuneTrial {
    enum class Outcome {
        measured,
        alike,  // what runs is what runs with an earlier value, whose times these are
        wrong,  // other bits than with the usual value, or not what the oracle says: never a time
        failed  // ended with an error
    };

    std::string         choice;
    std::string         name;  // of the case
    std::uint32_t       value    = 0;
    bool                usual    = false;
    Outcome             outcome  = Outcome::measured;
    std::vector<double> ns       = {};  // of one run each
    double              median   = 0;
    Interval            interval = {};
    double              ratio    = 1;   // time, by the usual value's on the same case
    std::string         note     = {};  // what is wrong, or what it is like

    // By more than 3 % of the usual median, and with intervals that have nothing in common.
    bool faster_than(const TuneTrial& usual) const;
};

struct TuneResult {
    TuningChoice           choice;
    std::uint32_t          value = 0;  // that is best
    std::vector<TuneTrial> trials;     // case by case
    bool                   wrong = false;
};

// The value of the trials that is to be used: the usual one, unless another is faster on a case, and slower on none; of
// several that which takes least time on all cases together, by ratios. What is wrong or has failed on a case is out.
std::uint32_t best_value(std::uint32_t usual, const std::vector<TuneTrial>& trials);

// What a choice is tried on.
struct TuneCases {
    std::string              choice;
    std::vector<std::string> names;  // of cases
};
const std::vector<TuneCases>& tune_cases();

struct TuneOptions {
    std::uint32_t                                              samples       = 12;
    double                                                     least_seconds = 2e-3;  // that a sample lasts
    double                                                     max_seconds   = 45;    // begin no case after so long
    const std::vector<TuneCases>&                              cases         = tune_cases();
    const std::atomic<bool>*                                   cancel        = nullptr;
    std::function<void(const TuneTrial&)>                      trial         = {};
    std::function<void(const std::string& what, double share)> progress      = {};  // 0 to 1
};

// Tries one choice after the other, from the table's values on, and leaves the device with the best of each. A value is
// timed once its results have the bits that the usual value gives, and these are the oracle's. Samples of a case's values
// take turns. Throws cancelled, what `trial` throws, and device_failed once the device is lost; then the device
// has the table's value for the choice that was being tried.
std::vector<TuneResult> tune(const Device& device, const TuneOptions& options = {});

}  // namespace attune::bench
