// A host's own storage buffer, mapped.
#pragma once

#include "support/own_device.h"

#include <cstddef>
#include <span>

namespace attune::test {

class HostMemory {
public:
    // All bytes are `fill`. May be copied to and from.
    HostMemory(const OwnDevice& own, std::uint64_t bytes, std::byte fill = std::byte{0xCD});
    ~HostMemory();
    HostMemory(const HostMemory&)            = delete;
    HostMemory& operator=(const HostMemory&) = delete;

    VkBuffer             buffer() const noexcept { return buffer_; }
    std::span<std::byte> bytes() const noexcept { return mapped_; }

private:
    const OwnDevice&     own_;
    VkBuffer             buffer_ = VK_NULL_HANDLE;
    VkDeviceMemory       memory_ = VK_NULL_HANDLE;
    std::span<std::byte> mapped_;
};

}  // namespace attune::test
