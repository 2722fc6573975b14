// Memory as a host might give it: each block within an allocation of its own, away from its start, canaries on both
// sides, and full of numbers that are none.
#pragma once

#include "support/own_device.h"

#include <attune/host_memory.hpp>

#include <list>
#include <span>

namespace attune::test {

// What is given has to have been freed, or taken back, when it ends.
class HostHeap {
public:
    // `visible`: blocks for the device are mapped as well.
    HostHeap(const OwnDevice& own, bool visible) : own_(own), visible_(visible) {}
    ~HostHeap();
    HostHeap(const HostHeap&)            = delete;
    HostHeap& operator=(const HostHeap&) = delete;

    HostAllocator allocator();
    // A range for Device::give() that begins `skew` bytes after a multiple of `alignment`, which attune asks for.
    enum class Of { buffer, memory };
    HostRange range(Of of, MemoryClass memory_class, std::uint64_t bytes, std::uint64_t alignment, std::uint64_t skew);

    // "", or where a byte changed that was not attune's to change.
    std::string damage() const;
    // Uses the memory of a class for something else.
    void        overwrite(MemoryClass memory_class);
    std::size_t live() const;  // blocks that were asked for and not freed
    std::size_t asked() const noexcept { return asked_; }

    // What the next answers are like, instead of what is asked for.
    struct Mistake {
        std::uint64_t offset   = 0;  // more than a multiple of the alignment
        bool          unmapped = false;
        std::uint64_t mapped   = 0;  // bytes beside the right address
        bool          none = false, throws = false;
    };
    Mistake mistake = {};

private:
    struct Piece {
        MemoryClass          memory_class{};
        VkBuffer             buffer = VK_NULL_HANDLE;
        VkDeviceMemory       memory = VK_NULL_HANDLE;
        std::span<std::byte> all;
        std::uint64_t        first = 0, bytes = 0;  // what attune may use
        bool                 asked_for = false;
    };
    HostBlock allocate(const HostMemoryRequest& request);
    void      free(const HostBlock& block);
    Piece     make(std::uint64_t bytes) const;
    Piece&    add(Piece piece, std::uint64_t first, std::uint64_t bytes);
    void      end(const Piece& piece) const;

    const OwnDevice&   own_;
    bool               visible_;
    mutable std::mutex mutex_;
    std::list<Piece>   pieces_;
    std::string        damage_;  // of what has been freed
    std::size_t        asked_ = 0;
};

}  // namespace attune::test
