// Memory by class: a few large buffers, cut into spans.
#pragma once

#include "vulkan/memory_blocks.h"

#include <array>
#include <list>
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
    std::uint64_t        block() const noexcept;  // MemoryBlock::serial
    std::span<std::byte> mapped() const noexcept {
        return {mapped_, mapped_ ? static_cast<std::size_t>(size_) : 0};
    }  // empty if not mapped

private:
    friend class MemoryPool;
    MemoryPool*  pool_   = nullptr;
    MemoryBlock* block_  = nullptr;
    VkBuffer     buffer_ = VK_NULL_HANDLE;
    VkDeviceSize offset_ = 0, size_ = 0;
    std::byte*   mapped_ = nullptr;
};

// Bytes now, and the most so far. Read by anybody.
class MemoryCounter {
public:
    void add(VkDeviceSize bytes) noexcept {
        const VkDeviceSize now = used_ += bytes;
        for (VkDeviceSize most = peak_; most < now && !peak_.compare_exchange_weak(most, now);) {}
    }
    void         subtract(VkDeviceSize bytes) noexcept { used_ -= bytes; }
    VkDeviceSize used() const noexcept { return used_; }
    VkDeviceSize peak() const noexcept { return peak_; }

private:
    std::atomic<VkDeviceSize> used_{0}, peak_{0};
};

// Thread-safe. Neither a driver nor a host is called under its lock.
class MemoryPool {
public:
    struct Limits {
        VkDeviceSize cap            = VK_WHOLE_SIZE;  // of what is allocated on the device
        VkDeviceSize max_allocation = VK_WHOLE_SIZE;
        VkDeviceSize alignment      = 256;  // of spans
    };

    // `host`, if set, is asked for blocks; it is copied.
    MemoryPool(Device::Context& context, const MemoryHeaps& heaps, const Limits& limits, const HostAllocator* host);

    // Throws out_of_device_memory saying what was wanted and what there is.
    Span allocate(MemoryClass of, VkDeviceSize bytes);

    // Spans for all of these sizes, in blocks that they fill: bytes_for(sizes) and no more. For what stays, such
    // as weights.
    std::vector<Span> allocate_filled(MemoryClass of, std::span<const VkDeviceSize> sizes);
    VkDeviceSize      bytes_for(std::span<const VkDeviceSize> sizes) const;
    // What there still is for a class on the device: what was given, or the cap's rest, or the heap's if that is less.
    VkDeviceSize available(MemoryClass of) const;

    MemoryNeeds needs(MemoryClass of, VkDeviceSize bytes) { return maker_.needs(of, bytes); }
    // From now on the class allocates nothing. Throws usage for a range that cannot be used, or is there already.
    void give(const HostRange& range);
    // Throws usage for a range that is not there, or in use.
    void take_back(const HostRange& range);
    // Whether a class lies in a host's buffers, made for storage and copies alone.
    bool is_given(MemoryClass of) const;
    // Throws out_of_device_memory if more stays in use. The cap holds all the same.
    void trim(VkDeviceSize cap);

    const MemoryCounter& counter(MemoryClass of) const noexcept { return counters_[static_cast<std::size_t>(of)]; }
    const MemoryCounter& device_counter() const noexcept { return device_; }  // all classes on the device

private:
    friend class Span;
    using Blocks = std::list<MemoryBlock>;

    VkDeviceSize rounded(VkDeviceSize bytes) const;
    bool         take(MemoryBlock& block, VkDeviceSize bytes, Span& span);
    bool         take_from_any(MemoryClass of, VkDeviceSize bytes, Span& span);
    void         give_back(MemoryBlock& block, VkDeviceSize offset, VkDeviceSize bytes) noexcept;
    void         count(const MemoryBlock& block, VkDeviceSize bytes) noexcept;
    void         uncount(const MemoryBlock& block, VkDeviceSize bytes) noexcept;
    void         end(Blocks& blocks) noexcept;

    bool              has_given(MemoryClass of) const;
    VkDeviceSize      left_of_given(MemoryClass of) const;
    [[noreturn]] void refuse_given(MemoryClass of, VkDeviceSize bytes) const;
    Blocks::iterator  find(const HostRange& range);

    // A block for `bytes`, of the usual size if there is room for that; and one of that size.
    Blocks       block_for(MemoryClass of, VkDeviceSize bytes);
    Blocks       new_block(MemoryClass of, VkDeviceSize bytes);
    VkDeviceSize usual_bytes(MemoryClass of) const;
    bool         reserve(MemoryClass of, VkDeviceSize bytes) noexcept;  // under the cap
    void         unreserve(MemoryClass of, VkDeviceSize bytes) noexcept;

    MemoryHeaps               heaps_;
    BlockMaker                maker_;
    VkDeviceSize              max_allocation_, alignment_;
    std::atomic<VkDeviceSize> cap_, reserved_{0};  // reserved: allocated on the device, or about to be
    std::array<MemoryCounter, memory_class_count> counters_;
    MemoryCounter                                 device_;
    Blocks                                        blocks_;
    mutable std::mutex                            mutex_;  // for blocks_
};

}  // namespace attune::vulkan
