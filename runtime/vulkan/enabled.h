// What may be used of a device: what its host says it has enabled, and no more.
#pragma once

#include "vulkan/functions.h"

#include <attune/device.hpp>

#include <string>
#include <vector>

namespace attune::vulkan {

struct Enabled {
    std::uint32_t            version             = VK_API_VERSION_1_1;  // of the device, as far as the host uses it
    bool                     timeline_semaphores = false;
    std::string              timeline_why;  // why so
    bool                     shader_float16 = false;  // kernels may compute in f16
    std::string              float16_why;
    bool                     shader_int64 = false;  // kernels may have words of 64 bits
    std::vector<std::string> extensions;
};

// Fills those members of `functions` that belong to what is enabled. Throws usage for a version below 1.1.
Enabled read_enabled(const Device::Import& import, std::uint32_t device_version, const InstanceFunctions& instance,
                     DeviceFunctions& functions);

// The queue that is used. Throws usage if there is none, or if its family does not compute.
Device::Queue compute_queue(const Device::Import& import, const InstanceFunctions& instance);

}  // namespace attune::vulkan
