// Device memory by intent: a few large buffers, cut into spans.
#pragma once

#include "vulkan/memory_heaps.h"
#include "vulkan/owned.h"

#include <cstddef>
#include <list>
#include <map>
#include <span>
#include <vector>

namespace attune::vulkan {

class MemoryPool;

// Bytes of a buffer, given back when the span ends. Movable.
class Span {
public:
    Span() = default;
    Span(Span&& other) noexcept { *this = std::move(other); }
    Span& operator=(Span&& other) noexcept;
    ~Span() { reset(); }

    void                 reset() noexcept;
    explicit             operator bool() const noexcept { return pool_ != nullptr; }
    VkBuffer             buffer() const noexcept { return buffer_; }
    VkDeviceSize         offset() const noexcept { return offset_; }
    VkDeviceSize         size() const noexcept { return size_; }
    std::span<std::byte> mapped() const noexcept {
        return {mapped_, mapped_ ? static_cast<std::size_t>(size_) : 0};
    }  // empty if not mapped

private:
    friend class MemoryPool;
    MemoryPool*  pool_   = nullptr;
    void*        block_  = nullptr;
    VkBuffer     buffer_ = VK_NULL_HANDLE;
    VkDeviceSize offset_ = 0, size_ = 0;
    std::byte*   mapped_ = nullptr;
};

// Thread-safe.
class MemoryPool {
public:
    MemoryPool(Device::Context& context, const MemoryHeaps& heaps, VkDeviceSize cap, VkDeviceSize max_allocation,
               VkDeviceSize alignment);

    // Throws out_of_device_memory saying what was wanted and what there is.
    Span allocate(Intent intent, VkDeviceSize bytes);

    // Spans of the device for all of these sizes, in blocks that they fill: bytes_for(sizes) and no more. For what
    // stays, such as weights.
    std::vector<Span> allocate_filled(std::span<const VkDeviceSize> sizes);
    VkDeviceSize      bytes_for(std::span<const VkDeviceSize> sizes) const;
    // What the device can still give: the cap's rest, or the heap's if that is less.
    VkDeviceSize available() const;

    VkDeviceSize used() const noexcept { return used_; }  // device intent
    VkDeviceSize peak() const noexcept { return peak_; }

private:
    friend class Span;

    struct Block {
        Intent                               intent{};
        OwnedMemory                          memory;  // freed, and so unmapped, after the buffer
        OwnedBuffer                          buffer;
        VkDeviceSize                         size   = 0;
        std::byte*                           mapped = nullptr;
        std::map<VkDeviceSize, VkDeviceSize> free;  // offset -> bytes
        std::size_t                          spans = 0;
    };

    VkDeviceSize rounded(VkDeviceSize bytes) const;
    bool         take(Block& block, VkDeviceSize bytes, Span& span);
    void         give(Block& block, VkDeviceSize offset, VkDeviceSize bytes) noexcept;
    // A block for `bytes`, of the usual size if there is room for that.
    Block& block_for(Intent intent, VkDeviceSize bytes);
    Block& new_block(Intent intent, VkDeviceSize bytes);
    Block  make_block(Intent intent, VkDeviceSize bytes);

    Device::Context&          context_;
    MemoryHeaps               heaps_;
    VkDeviceSize              cap_, max_allocation_, alignment_;
    std::atomic<VkDeviceSize> used_{0}, peak_{0};  // read by anybody
    std::list<Block>          blocks_;
    std::mutex                mutex_;
};

}  // namespace attune::vulkan
