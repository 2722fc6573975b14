// The tuning table: for each kind of device what it starts with, and what may be tried instead.
#pragma once

#include "tuning/device_traits.h"

#include <span>
#include <vector>

namespace attune {

// The first row whose facts hold.
struct TuningRow {
    const char* kind;
    bool (*holds)(const DeviceTraits&);
    Tuning tuning;
};
std::span<const TuningRow> tuning_rows();
const TuningRow&           tuning_row(const DeviceTraits& traits);

// One member of Tuning.
struct TuningKnob {
    const char*   name;
    const char*   about;
    std::uint32_t Tuning::*value;
    // What is worth trying on a device, the row's own value with it; nothing where no kernel of the device reads it.
    std::vector<std::uint32_t> (*candidates)(const DeviceTraits&);
};
std::span<const TuningKnob> tuning_knobs();

}  // namespace attune
