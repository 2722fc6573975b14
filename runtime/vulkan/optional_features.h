// Features that attune uses where they are enabled, and how they stand in chains of Vulkan's structs.
#pragma once

#include "vulkan/functions.h"

#include <cstddef>
#include <span>

namespace attune::vulkan {

struct OptionalFeature {
    const char*     name;       // of the bit
    const char*     gain;       // a sentence
    const char*     extension;  // that brings it to devices below `core_in`
    std::uint32_t   core_in;
    const char*     struct_name;
    VkStructureType type;           // of the struct with this name
    std::size_t     bytes, offset;  // of that struct, and of the bit in it
    VkStructureType aggregate;      // VkPhysicalDeviceVulkan..Features, which must not be in one chain with it
    std::size_t     aggregate_offset;
};

// One more: a row here, a member of Enabled (enabled.h), and the floor that works without it.
std::span<const OptionalFeature> optional_features();
const OptionalFeature&           timeline_semaphores();
const OptionalFeature&           shader_float16();

// The bit, in whichever of its two structs is in the chain; null: in none.
VkBool32*       find_bit(void* chain, const OptionalFeature& feature);
const VkBool32* find_bit(const void* chain, const OptionalFeature& feature);

// What a host that named `asked` as its version (0: 1.1) may use of a device.
std::uint32_t usable_version(std::uint32_t asked, std::uint32_t of_device);

}  // namespace attune::vulkan
