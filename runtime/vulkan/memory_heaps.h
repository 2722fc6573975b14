// The memory types and heaps of a device, and how much the heaps can still give.
#pragma once

#include "vulkan/functions.h"

#include <attune/host_memory.hpp>

#include <optional>

namespace attune::vulkan {

// Weights, state and scratch: read and written by kernels; mapped only where the device's own memory is.
constexpr bool on_device(MemoryClass of) { return of != MemoryClass::upload && of != MemoryClass::readback; }

class MemoryHeaps {
public:
    MemoryHeaps(const InstanceFunctions& functions, VkPhysicalDevice physical);

    // The best of the memory types that `allowed` has bits for. Throws device_failed if none serves.
    std::uint32_t type_for(MemoryClass of, std::uint32_t allowed) const;
    // All of them that serve, as bits.
    std::uint32_t types_for(MemoryClass of, std::uint32_t allowed) const;
    bool          mappable(std::uint32_t type) const noexcept;  // by the host, without flushes

    // Bytes that the device's memory can still give when `used` of them are ours: what the driver says is left
    // (VK_EXT_memory_budget, which needs no feature and need not be enabled), else four fifths of the heap.
    VkDeviceSize room(VkDeviceSize used) const;

private:
    std::optional<VkDeviceSize> left(std::uint32_t heap) const;

    PFN_vkGetPhysicalDeviceMemoryProperties2 ask_;
    VkPhysicalDevice                         physical_;
    VkPhysicalDeviceMemoryProperties         properties_{};
    bool                                     budget_ = false;
};

}  // namespace attune::vulkan
