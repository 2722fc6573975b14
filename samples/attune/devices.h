// A device's facts, as several commands show them.
#pragma once

#include <attune/device.hpp>

#include <nlohmann/json.hpp>

namespace attune::cli {

nlohmann::ordered_json device_object(const DeviceInfo& device);

// A few lines on standard output.
void print_device(const DeviceInfo& device);

}  // namespace attune::cli
