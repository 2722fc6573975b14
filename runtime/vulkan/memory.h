// Device memory by intent: a few large buffers, cut into spans.
#pragma once

#include "vulkan/functions.h"

#include <attune/device.hpp>

#include <atomic>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <span>

namespace attune::vulkan {

enum class Intent : std::uint8_t {
    device,    // read and written by kernels; mapped only where the device's own memory is
    upload,    // written by the host, read by kernels and copies
    readback,  // written by copies, read by the host
};

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
    MemoryPool(Device::Context& context, const VkPhysicalDeviceMemoryProperties& types, VkDeviceSize cap,
               VkDeviceSize max_allocation, VkDeviceSize alignment);
    ~MemoryPool();

    // Throws out_of_device_memory saying what was wanted and what there is.
    Span allocate(Intent intent, VkDeviceSize bytes);

    VkDeviceSize used() const noexcept { return used_; }  // device intent
    VkDeviceSize peak() const noexcept { return peak_; }

private:
    friend class Span;

    struct Block {
        Intent                               intent{};
        VkBuffer                             buffer = VK_NULL_HANDLE;
        VkDeviceMemory                       memory = VK_NULL_HANDLE;
        VkDeviceSize                         size   = 0;
        std::byte*                           mapped = nullptr;
        std::map<VkDeviceSize, VkDeviceSize> free;  // offset -> bytes
        std::size_t                          spans = 0;
    };

    bool          take(Block& block, VkDeviceSize bytes, Span& span);
    void          give(Block& block, VkDeviceSize offset, VkDeviceSize bytes) noexcept;
    Block&        new_block(Intent intent, VkDeviceSize bytes);
    void          destroy(Block& block) noexcept;
    std::uint32_t memory_type(Intent intent, std::uint32_t allowed) const;

    Device::Context&                 context_;
    VkPhysicalDeviceMemoryProperties types_;
    VkDeviceSize                     cap_, max_allocation_, alignment_;
    std::atomic<VkDeviceSize>        used_{0}, peak_{0};  // read by anybody
    std::list<Block>                 blocks_;
    std::mutex                       mutex_;
};

}  // namespace attune::vulkan
