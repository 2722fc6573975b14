// Blocks of memory, each with one buffer on it, and the three ways in which they come about.
#pragma once

#include "vulkan/free_ranges.h"
#include "vulkan/memory_heaps.h"
#include "vulkan/owned.h"

#include <cstddef>

namespace attune::vulkan {

// What a buffer has behind its block's end on CPU drivers that read texels: what DescriptorSets makes views larger by.
inline VkDeviceSize beyond_texels(const DeviceTraits& traits) noexcept {
    return traits.is_cpu && traits.max_texels ? 256 : 0;
}

// Memory that a host's callback gave, given back with its owner. Movable.
class HostAllocation {
public:
    HostAllocation() = default;
    HostAllocation(const HostAllocator& host, const HostBlock& block) : host_(&host), block_(block) {}
    HostAllocation(HostAllocation&& other) noexcept
        : host_(std::exchange(other.host_, nullptr)), block_(other.block_) {}
    HostAllocation& operator=(HostAllocation&& other) noexcept {
        std::swap(host_, other.host_);
        std::swap(block_, other.block_);
        return *this;
    }
    ~HostAllocation() {
        if (host_ && host_->free) host_->free(block_);
    }

private:
    const HostAllocator* host_ = nullptr;
    HostBlock            block_;
};

struct MemoryBlock {
    MemoryClass    of{};
    OwnedMemory    memory;  // ours or the host's, or neither; freed, and so unmapped, after the buffer
    HostAllocation host;
    OwnedBuffer    owned;
    VkBuffer       buffer = VK_NULL_HANDLE;  // the owned one, or the host's
    VkDeviceSize   first  = 0;               // where the block begins in it
    VkDeviceSize   size   = 0;
    std::uint64_t  serial = 0;  // that no other block has had, though handles come back; 0: around what a host gave
    std::byte*     mapped = nullptr;
    FreeRanges     free;           // offsets from `first`
    bool           given = false;  // Device::give()
    HostRange      range = {};     // what was given
};

// Thread-safe. Throws out_of_device_memory where there is none left.
class BlockMaker {
public:
    // Offsets in buffers are to be multiples of `alignment`.
    BlockMaker(Device::Context& context, const MemoryHeaps& heaps, const HostAllocator* host, VkDeviceSize alignment);

    MemoryNeeds needs(MemoryClass of, VkDeviceSize bytes);
    // On memory of ours, or of the host's callbacks if it has some.
    MemoryBlock make(MemoryClass of, VkDeviceSize bytes);
    // Of what is aligned within a range of the host's. Throws usage where that cannot be used.
    MemoryBlock around(const HostRange& range);

    bool asks_host() const noexcept { return static_cast<bool>(host_.allocate); }

private:
    OwnedBuffer          make_buffer(VkDeviceSize bytes);
    VkMemoryRequirements requirements(const OwnedBuffer& buffer);
    MemoryNeeds          needs(MemoryClass of, const VkMemoryRequirements& driver) const;
    void                 allocate(MemoryBlock& block, const MemoryNeeds& needs);
    void                 ask_host(MemoryBlock& block, const MemoryNeeds& needs);
    void                 make_buffer_in(MemoryBlock& block, VkDeviceSize begin, VkDeviceSize end);
    void                 bind(const OwnedBuffer& buffer, VkDeviceMemory memory, VkDeviceSize offset);

    Device::Context&           context_;
    MemoryHeaps                heaps_;
    HostAllocator              host_;
    VkDeviceSize               alignment_;
    std::atomic<std::uint64_t> made_{0};
};

constexpr VkDeviceSize round_up(VkDeviceSize a, VkDeviceSize b) { return a / b * b + (a % b ? b : 0); }

}  // namespace attune::vulkan
