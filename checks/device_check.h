// Is a device right? The op table and the goldens of a model on it, within a budget of time.
#pragma once

#include "checks/goldens.h"

#include <attune/device.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace attune::test {

struct DeviceCheckOptions {
    std::optional<double> seconds = {};   // begin nothing new after so long; unset: all there is, f16 included
    std::filesystem::path model;          // a folder, and what it is known to translate
    std::filesystem::path goldens;
    const std::atomic<bool>* cancel = nullptr;                       // status cancelled, soon
    std::function<void(const std::string& what, double share)> progress = {};  // what is being done; 0 to 1
};

struct DeviceCheck {
    struct Failure {
        std::string row, what;
    };
    std::size_t              rows = 0, rows_run = 0;   // of the op table
    std::vector<Failure>     failures;
    std::size_t              goldens = 0;              // lines there are
    GoldenCount              greedy, beams;
    std::optional<GoldenCount> greedy_f16;             // of translations in f16: at most 1 % may differ
    double                   seconds = 0;

    // Nothing that ran was wrong, and something of each kind ran.
    bool passed() const;
    // All there is was run.
    bool complete() const;
};

// An error in the middle (a lost device, memory that runs out) is a failure of what was being done, and the rest goes
// on; throws cancelled, and bad_input for a model or goldens that cannot be read.
DeviceCheck check_device(const Device& device, const DeviceCheckOptions& options);

}  // namespace attune::test
