// Which kernel normalises rows on a device, and so in which order a row is added up. Whatever does the same as part of
// another kernel keeps to that order, so that a row's bits do not depend on which of them does.
#pragma once

#include "tuning/device_traits.h"

namespace attune::ops {

enum class NormOrder : std::uint8_t {
    registers,  // eight lanes hold a row: layer_norm_registers
    lane,       // a lane has a row for itself: layer_norm_rows
    group,      // a workgroup takes a row: layer_norm
};

NormOrder norm_order(const DeviceTraits& traits, std::uint64_t width);

// Lanes of its workgroups.
std::uint32_t norm_group(const DeviceTraits& traits, std::uint64_t width);

}  // namespace attune::ops
