#include "vulkan/memory.h"

#include <algorithm>
#include <numeric>

namespace attune::vulkan {
namespace {

constexpr VkDeviceSize block_bytes       = 32u << 20;   // what a block has at least, so that there are few
constexpr VkDeviceSize small_block_bytes = 1u << 20;    // upload and readback
constexpr VkDeviceSize large_block_bytes = 256u << 20;  // what a block has at most, unless one span wants more

VkDeviceSize round_up(VkDeviceSize a, VkDeviceSize b) { return (a + b - 1) / b * b; }

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

void Span::reset() noexcept {
    if (!pool_) return;
    MemoryPool& pool = *std::exchange(pool_, nullptr);
    pool.give(*static_cast<MemoryPool::Block*>(block_), offset_, size_);
}

MemoryPool::MemoryPool(Device::Context& context, const MemoryHeaps& heaps, VkDeviceSize cap,
                       VkDeviceSize max_allocation, VkDeviceSize alignment)
    : context_(context), heaps_(heaps), cap_(cap), max_allocation_(max_allocation),
      alignment_(std::max<VkDeviceSize>(alignment, 256)) {}

VkDeviceSize MemoryPool::rounded(VkDeviceSize bytes) const {
    return round_up(std::max<VkDeviceSize>(bytes, 4), alignment_);
}

VkDeviceSize MemoryPool::bytes_for(std::span<const VkDeviceSize> sizes) const {
    return std::accumulate(sizes.begin(), sizes.end(), VkDeviceSize{0},
                           [&](VkDeviceSize sum, VkDeviceSize bytes) { return sum + rounded(bytes); });
}

VkDeviceSize MemoryPool::available() const {
    const VkDeviceSize used = used_;
    return std::min(cap_ > used ? cap_ - used : 0, heaps_.room(used));
}

Span MemoryPool::allocate(Intent intent, VkDeviceSize bytes) {
    const std::lock_guard guard(mutex_);
    bytes = rounded(bytes);
    Span span;
    for (Block& block : blocks_)
        if (block.intent == intent && take(block, bytes, span)) return span;
    take(block_for(intent, bytes), bytes, span);
    return span;
}

std::vector<Span> MemoryPool::allocate_filled(std::span<const VkDeviceSize> sizes) {
    const VkDeviceSize    most = std::min(large_block_bytes, max_allocation_);
    std::vector<Span>     spans(sizes.size());  // before the lock: on a throw they are given back after it
    const std::lock_guard guard(mutex_);
    for (std::size_t first = 0, end; first < sizes.size(); first = end) {
        VkDeviceSize bytes = rounded(sizes[first]);
        for (end = first + 1; end < sizes.size() && bytes + rounded(sizes[end]) <= most; ++end)
            bytes += rounded(sizes[end]);
        Block& block = new_block(Intent::device, bytes);
        for (std::size_t i = first; i < end; ++i) take(block, rounded(sizes[i]), spans[i]);
    }
    return spans;
}

bool MemoryPool::take(Block& block, VkDeviceSize bytes, Span& span) {
    const auto place =
        std::find_if(block.free.begin(), block.free.end(), [&](const auto& entry) { return entry.second >= bytes; });
    if (place == block.free.end()) return false;
    const auto [offset, room] = *place;
    block.free.erase(place);
    if (room > bytes) block.free.emplace(offset + bytes, room - bytes);
    ++block.spans;
    span.pool_   = this;
    span.block_  = &block;
    span.buffer_ = block.buffer.get();
    span.offset_ = offset;
    span.size_   = bytes;
    span.mapped_ = block.mapped ? block.mapped + offset : nullptr;
    return true;
}

void MemoryPool::give(Block& block, VkDeviceSize offset, VkDeviceSize bytes) noexcept {
    const std::lock_guard guard(mutex_);
    auto                  place = block.free.emplace(offset, bytes).first;
    if (const auto next = std::next(place); next != block.free.end() && place->first + place->second == next->first) {
        place->second += next->second;
        block.free.erase(next);
    }
    if (place != block.free.begin()) {
        const auto before = std::prev(place);
        if (before->first + before->second == place->first) {
            before->second += place->second;
            block.free.erase(place);
        }
    }
    if (--block.spans > 0) return;
    if (block.intent == Intent::device) used_ -= block.size;
    blocks_.remove_if([&](const Block& one) { return &one == &block; });
}

MemoryPool::Block& MemoryPool::block_for(Intent intent, VkDeviceSize bytes) {
    const VkDeviceSize usual = std::min(intent == Intent::device ? block_bytes : small_block_bytes, max_allocation_);
    if (bytes >= usual || (intent == Intent::device && used_ + usual > cap_)) return new_block(intent, bytes);
    try {
        return new_block(intent, usual);
    } catch (const Error& error) {
        if (error.status() != Status::out_of_device_memory) throw;
    }
    return new_block(intent, bytes);
}

MemoryPool::Block& MemoryPool::new_block(Intent intent, VkDeviceSize bytes) {
    const auto refuse = [&](const std::string& why) {
        throw Error(Status::out_of_device_memory, "device memory",
                    std::to_string(bytes) + " bytes are wanted, " + std::to_string(used_) + " are in use; " + why);
    };
    if (bytes > max_allocation_) refuse("one allocation may have " + std::to_string(max_allocation_));
    if (intent == Intent::device && used_ + bytes > cap_) refuse("attune may use " + std::to_string(cap_));
    try {
        blocks_.push_back(make_block(intent, bytes));
    } catch (const Error& error) {
        if (error.status() != Status::out_of_device_memory) throw;
        refuse("the driver has no more");
    }
    if (intent == Intent::device) {
        used_ += bytes;
        peak_ = std::max(peak_.load(), used_.load());
    }
    return blocks_.back();
}

MemoryPool::Block MemoryPool::make_block(Intent intent, VkDeviceSize bytes) {
    const DeviceFunctions&   vk = context_.vk();
    Block                    block{.intent = intent, .memory = {}, .buffer = {}, .size = bytes, .free = {{0, bytes}}};
    const VkBufferCreateInfo create{.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                    .pNext = nullptr,
                                    .flags = 0,
                                    .size  = bytes,
                                    .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                             VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                    .sharingMode           = VK_SHARING_MODE_EXCLUSIVE,
                                    .queueFamilyIndexCount = 0,
                                    .pQueueFamilyIndices   = nullptr};
    block.buffer = OwnedBuffer(context_, create, "vkCreateBuffer");
    VkMemoryRequirements needs;
    vk.GetBufferMemoryRequirements(context_.handle(), block.buffer.get(), &needs);
    const std::uint32_t        type = heaps_.type_for(intent, needs.memoryTypeBits);
    const VkMemoryAllocateInfo allocate{.sType           = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                        .pNext           = nullptr,
                                        .allocationSize  = needs.size,
                                        .memoryTypeIndex = type};
    block.memory = OwnedMemory(context_, allocate, "vkAllocateMemory");
    context_.check(vk.BindBufferMemory(context_.handle(), block.buffer.get(), block.memory.get(), 0),
                   "vkBindBufferMemory");
    if (!heaps_.mappable(type)) return block;
    void* mapped = nullptr;
    context_.check(vk.MapMemory(context_.handle(), block.memory.get(), 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory");
    block.mapped = static_cast<std::byte*>(mapped);
    return block;
}

}  // namespace attune::vulkan
