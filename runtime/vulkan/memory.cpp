#include "vulkan/memory.h"

#include <algorithm>
#include <numeric>

namespace attune {

namespace vulkan {
namespace {

constexpr VkDeviceSize first_block_bytes = 2u << 20;    // what a class begins with on the device,
constexpr VkDeviceSize usual_block_bytes = 32u << 20;   // and what its blocks grow to
constexpr VkDeviceSize small_block_bytes = 1u << 20;    // upload and readback
constexpr VkDeviceSize large_block_bytes = 256u << 20;  // what a block has at most, unless one span wants more

std::string text(VkDeviceSize bytes) { return std::to_string(bytes); }

bool overlap(const HostRange& a, const HostRange& b) {
    return a.buffer == b.buffer && a.memory == b.memory && a.offset < b.offset + b.bytes &&
           b.offset < a.offset + a.bytes;
}

}  // namespace

Span& Span::operator=(Span&& other) noexcept {
    if (this == &other) return *this;
    reset();
    pool_   = std::exchange(other.pool_, nullptr);
    block_  = other.block_;
    buffer_ = other.buffer_;
    offset_ = other.offset_;
    size_   = other.size_;
    mapped_ = other.mapped_;
    return *this;
}

std::uint64_t Span::block() const noexcept { return block_ ? block_->serial : 0; }

void Span::reset() noexcept {
    if (!pool_) return;
    MemoryPool& pool = *std::exchange(pool_, nullptr);
    pool.give_back(*block_, offset_, size_);
}

MemoryPool::MemoryPool(Device::Context& context, const MemoryHeaps& heaps, const Limits& limits,
                       const HostAllocator* host)
    : heaps_(heaps), maker_(context, heaps, host, std::max<VkDeviceSize>(limits.alignment, 256)),
      max_allocation_(limits.max_allocation), alignment_(std::max<VkDeviceSize>(limits.alignment, 256)),
      cap_(limits.cap) {}

VkDeviceSize MemoryPool::rounded(VkDeviceSize bytes) const {
    return round_up(std::max<VkDeviceSize>(bytes, 4), alignment_);
}

VkDeviceSize MemoryPool::bytes_for(std::span<const VkDeviceSize> sizes) const {
    return std::accumulate(sizes.begin(), sizes.end(), VkDeviceSize{0},
                           [&](VkDeviceSize sum, VkDeviceSize bytes) { return sum + rounded(bytes); });
}

VkDeviceSize MemoryPool::available(MemoryClass of) const {
    {
        const std::lock_guard guard(mutex_);
        if (has_given(of)) return left_of_given(of);
    }
    const VkDeviceSize used = reserved_, cap = cap_;
    const VkDeviceSize rest = cap > used ? cap - used : 0;
    return maker_.asks_host() ? rest : std::min(rest, heaps_.room(used));  // what the host has is for it to say
}

// ---- spans -------------------------------------------------------------------------------------

Span MemoryPool::allocate(MemoryClass of, VkDeviceSize bytes) {
    bytes = rounded(bytes);
    Span span;
    {
        const std::lock_guard guard(mutex_);
        if (take_from_any(of, bytes, span)) return span;
        if (has_given(of)) refuse_given(of, bytes);
    }
    Blocks                fresh = block_for(of, bytes);
    const std::lock_guard guard(mutex_);
    take(fresh.front(), bytes, span);
    blocks_.splice(blocks_.end(), fresh);
    return span;
}

std::vector<Span> MemoryPool::allocate_filled(MemoryClass of, std::span<const VkDeviceSize> sizes) {
    const VkDeviceSize most = std::min(large_block_bytes, max_allocation_);
    std::vector<Span>  spans(sizes.size());  // before the lock: on a throw they are given back after it
    {
        const std::lock_guard guard(mutex_);
        if (has_given(of)) {
            for (std::size_t i = 0; i < sizes.size(); ++i)
                if (!take_from_any(of, rounded(sizes[i]), spans[i])) refuse_given(of, rounded(sizes[i]));
            return spans;
        }
    }
    for (std::size_t first = 0, end; first < sizes.size(); first = end) {
        VkDeviceSize bytes = rounded(sizes[first]);
        for (end = first + 1; end < sizes.size() && bytes + rounded(sizes[end]) <= most; ++end)
            bytes += rounded(sizes[end]);
        Blocks                fresh = new_block(of, bytes);
        const std::lock_guard guard(mutex_);
        blocks_.splice(blocks_.end(), fresh);
        for (std::size_t i = first; i < end; ++i) take(blocks_.back(), rounded(sizes[i]), spans[i]);
    }
    return spans;
}

bool MemoryPool::take(MemoryBlock& block, VkDeviceSize bytes, Span& span) {
    const auto place = block.free.take(bytes);
    if (!place) return false;
    span.pool_   = this;
    span.block_  = &block;
    span.buffer_ = block.buffer;
    span.offset_ = block.first + *place;
    span.size_   = bytes;
    span.mapped_ = block.mapped ? block.mapped + *place : nullptr;
    if (block.given) count(block, bytes);
    return true;
}

bool MemoryPool::take_from_any(MemoryClass of, VkDeviceSize bytes, Span& span) {
    return std::any_of(blocks_.begin(), blocks_.end(),
                       [&](MemoryBlock& block) { return block.of == of && take(block, bytes, span); });
}

void MemoryPool::give_back(MemoryBlock& block, VkDeviceSize offset, VkDeviceSize bytes) noexcept {
    Blocks done;
    {
        const std::lock_guard guard(mutex_);
        block.free.give(offset - block.first, bytes);
        if (block.given) return uncount(block, bytes);
        if (!block.free.untouched()) return;
        done.splice(done.end(), blocks_, std::find_if(blocks_.begin(), blocks_.end(), [&](const MemoryBlock& one) {
                        return &one == &block;
                    }));
    }
    end(done);
}

void MemoryPool::count(const MemoryBlock& block, VkDeviceSize bytes) noexcept {
    counters_[static_cast<std::size_t>(block.of)].add(bytes);
    if (on_device(block.of)) device_.add(bytes);
}

void MemoryPool::uncount(const MemoryBlock& block, VkDeviceSize bytes) noexcept {
    counters_[static_cast<std::size_t>(block.of)].subtract(bytes);
    if (on_device(block.of)) device_.subtract(bytes);
}

// Blocks that were allocated.
void MemoryPool::end(Blocks& blocks) noexcept {
    while (!blocks.empty()) {
        const MemoryClass  of    = blocks.front().of;
        const VkDeviceSize bytes = blocks.front().size;
        uncount(blocks.front(), bytes);
        blocks.pop_front();
        unreserve(of, bytes);  // last: until now it was there
    }
}

// ---- blocks ------------------------------------------------------------------------------------

VkDeviceSize MemoryPool::usual_bytes(MemoryClass of) const {
    if (!on_device(of)) return std::min(small_block_bytes, max_allocation_);
    // A quarter of what there is: some twenty blocks for 100 MiB, and at most a fifth of that in vain.
    return std::min(std::clamp(counter(of).used() / 4 / first_block_bytes * first_block_bytes, first_block_bytes,
                               usual_block_bytes),
                    max_allocation_);
}

MemoryPool::Blocks MemoryPool::block_for(MemoryClass of, VkDeviceSize bytes) {
    const VkDeviceSize usual = usual_bytes(of), cap = cap_;
    const bool         tight = on_device(of) && reserved_ + usual_block_bytes > cap;  // nothing to spare
    if (bytes >= usual || tight) return new_block(of, bytes);
    try {
        return new_block(of, usual);
    } catch (const Error& error) {
        if (error.status() != Status::out_of_device_memory) throw;
    }
    return new_block(of, bytes);
}

MemoryPool::Blocks MemoryPool::new_block(MemoryClass of, VkDeviceSize bytes) {
    const auto refuse = [&](const std::string& why) {
        throw Error(Status::out_of_device_memory, "device memory",
                    text(bytes) + " bytes are wanted for " + name_of(of) + ", " + text(device_.used()) +
                        " are in use; " + why);
    };
    if (bytes > max_allocation_) refuse("one allocation may have " + text(max_allocation_));
    if (!reserve(of, bytes)) refuse("attune may use " + text(cap_));
    Blocks made;
    try {
        made.push_back(maker_.make(of, bytes));
    } catch (const Error& error) {
        unreserve(of, bytes);
        if (error.status() != Status::out_of_device_memory) throw;
        refuse(maker_.asks_host() ? "the host gives no more" : "the driver has no more");
    } catch (...) {
        unreserve(of, bytes);
        throw;
    }
    count(made.front(), bytes);
    return made;
}

bool MemoryPool::reserve(MemoryClass of, VkDeviceSize bytes) noexcept {
    if (!on_device(of)) return true;
    VkDeviceSize before = reserved_;
    do {
        const VkDeviceSize cap = cap_;
        if (bytes > cap || before > cap - bytes) return false;
    } while (!reserved_.compare_exchange_weak(before, before + bytes));
    return true;
}

void MemoryPool::unreserve(MemoryClass of, VkDeviceSize bytes) noexcept {
    if (on_device(of)) reserved_ -= bytes;
}

void MemoryPool::trim(VkDeviceSize cap) {
    cap_                     = cap;
    const VkDeviceSize stays = reserved_;
    if (stays > cap)
        throw Error(Status::out_of_device_memory, "Device::trim",
                    text(stays) + " bytes stay in use, " + text(stays - cap) + " more than the " + text(cap) +
                        " that attune may use from now on",
                    "end sessions, programs or weights");
}

// ---- what a host gives -------------------------------------------------------------------------

bool MemoryPool::has_given(MemoryClass of) const {
    return std::any_of(blocks_.begin(), blocks_.end(),
                       [&](const MemoryBlock& block) { return block.of == of && block.given; });
}

bool MemoryPool::is_given(MemoryClass of) const {
    const std::lock_guard guard(mutex_);
    return has_given(of);
}

VkDeviceSize MemoryPool::left_of_given(MemoryClass of) const {
    return std::accumulate(blocks_.begin(), blocks_.end(), VkDeviceSize{0},
                           [&](VkDeviceSize sum, const MemoryBlock& block) {
                               return sum + (block.of == of && block.given ? block.free.left() : 0);
                           });
}

void MemoryPool::refuse_given(MemoryClass of, VkDeviceSize bytes) const {
    VkDeviceSize largest = 0;
    for (const MemoryBlock& block : blocks_)
        if (block.of == of && block.given) largest = std::max(largest, block.free.largest());
    throw Error(Status::out_of_device_memory, "device memory",
                text(bytes) + " bytes are wanted for " + name_of(of) + ", " + text(left_of_given(of)) +
                    " are left of what the host gave for that, " + text(largest) + " in one piece",
                "Device::give() more");
}

void MemoryPool::give(const HostRange& range) {
    Blocks fresh;
    fresh.push_back(maker_.around(range));
    const std::lock_guard guard(mutex_);
    for (const MemoryBlock& block : blocks_)
        if (block.given && overlap(block.range, range))
            throw Error(Status::usage, "Device::give",
                        std::string("was given bytes for ") + name_of(range.memory_class) + " that it has for " +
                            name_of(block.of));
    blocks_.splice(blocks_.end(), fresh);
}

MemoryPool::Blocks::iterator MemoryPool::find(const HostRange& range) {
    return std::find_if(blocks_.begin(), blocks_.end(), [&](const MemoryBlock& block) {
        return block.given && block.of == range.memory_class && block.range.buffer == range.buffer &&
               block.range.memory == range.memory && block.range.offset == range.offset;
    });
}

void MemoryPool::take_back(const HostRange& range) {
    Blocks                done;
    const std::lock_guard guard(mutex_);
    const auto            found = find(range);
    if (found == blocks_.end()) throw Error(Status::usage, "Device::take_back", "was not given this range");
    if (!found->free.untouched())
        throw Error(Status::usage, "Device::take_back",
                    text(found->size - found->free.left()) + " bytes of the range for " + name_of(found->of) +
                        " are in use",
                    "end the sessions and weights in it first");
    done.splice(done.end(), blocks_, found);
}

}  // namespace vulkan

std::uint64_t Device::memory_used() const noexcept { return context_->memory().device_counter().used(); }
std::uint64_t Device::memory_peak() const noexcept { return context_->memory().device_counter().peak(); }

MemoryUse Device::memory(MemoryClass of) const noexcept {
    const vulkan::MemoryCounter& counter = context_->memory().counter(of);
    return {.used = counter.used(), .peak = counter.peak()};
}

MemoryNeeds Device::memory_needs(MemoryClass of, std::uint64_t bytes) const {
    return context_->memory().needs(of, bytes);
}

void Device::give(const HostRange& range) { context_->memory().give(range); }
void Device::take_back(const HostRange& range) { context_->memory().take_back(range); }
void Device::trim(std::uint64_t cap) { context_->memory().trim(cap); }

}  // namespace attune
