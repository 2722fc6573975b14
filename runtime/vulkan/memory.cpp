#include "vulkan/memory.h"

#include "vulkan/context.h"

#include <algorithm>
#include <utility>

namespace attune::vulkan {
namespace {

constexpr VkDeviceSize block_bytes       = 32u << 20;  // what a block has at least, so that there are few
constexpr VkDeviceSize small_block_bytes = 1u << 20;   // upload and readback

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

MemoryPool::MemoryPool(Device::Context& context, const VkPhysicalDeviceMemoryProperties& types, VkDeviceSize cap,
                       VkDeviceSize max_allocation, VkDeviceSize alignment)
    : context_(context), types_(types), cap_(cap), max_allocation_(max_allocation),
      alignment_(std::max<VkDeviceSize>(alignment, 256)) {}

MemoryPool::~MemoryPool() {
    for (Block& block : blocks_) destroy(block);
}

Span MemoryPool::allocate(Intent intent, VkDeviceSize bytes) {
    const std::lock_guard guard(mutex_);
    bytes = round_up(std::max<VkDeviceSize>(bytes, 4), alignment_);
    Span span;
    for (Block& block : blocks_)
        if (block.intent == intent && take(block, bytes, span)) return span;
    take(new_block(intent, bytes), bytes, span);
    return span;
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
    span.buffer_ = block.buffer;
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
    destroy(block);
    blocks_.remove_if([&](const Block& one) { return &one == &block; });
}

std::uint32_t MemoryPool::memory_type(Intent intent, std::uint32_t allowed) const {
    constexpr VkMemoryPropertyFlags host   = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const VkMemoryPropertyFlags     needed = intent == Intent::device ? 0 : host;
    const VkMemoryPropertyFlags     liked  = intent == Intent::device     ? VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT
                                             : intent == Intent::readback ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT
                                                                          : 0;
    for (const VkMemoryPropertyFlags wanted : {needed | liked, needed})
        for (std::uint32_t type = 0; type < types_.memoryTypeCount; ++type)
            if ((allowed >> type & 1) && (types_.memoryTypes[type].propertyFlags & wanted) == wanted) return type;
    throw Error(Status::device_failed, "memory", "the device has no memory type for this use");
}

MemoryPool::Block& MemoryPool::new_block(Intent intent, VkDeviceSize bytes) {
    const VkDeviceSize usual = intent == Intent::device ? block_bytes : small_block_bytes;
    VkDeviceSize       size  = std::max(bytes, std::min(usual, max_allocation_));
    if (intent == Intent::device && used_ + size > cap_) size = bytes;
    const auto refuse = [&](const std::string& why) {
        throw Error(Status::out_of_device_memory, "memory",
                    std::to_string(bytes) + " bytes are wanted, " + std::to_string(used_) + " are in use; " + why,
                    "use a smaller batch or f16");
    };
    if (bytes > max_allocation_) refuse("one allocation may have " + std::to_string(max_allocation_));
    if (intent == Intent::device && used_ + size > cap_) refuse("attune may use " + std::to_string(cap_));

    const DeviceFunctions&   vk = context_.vk();
    Block                    block{.intent = intent, .size = size, .free = {}};
    const VkBufferCreateInfo create{.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                    .pNext = nullptr,
                                    .flags = 0,
                                    .size  = size,
                                    .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                             VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                    .sharingMode           = VK_SHARING_MODE_EXCLUSIVE,
                                    .queueFamilyIndexCount = 0,
                                    .pQueueFamilyIndices   = nullptr};
    try {
        check(vk.CreateBuffer(context_.handle(), &create, nullptr, &block.buffer), "vkCreateBuffer");
        VkMemoryRequirements needs;
        vk.GetBufferMemoryRequirements(context_.handle(), block.buffer, &needs);
        const std::uint32_t        type = memory_type(intent, needs.memoryTypeBits);
        const VkMemoryAllocateInfo allocate{.sType           = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                            .pNext           = nullptr,
                                            .allocationSize  = needs.size,
                                            .memoryTypeIndex = type};
        check(vk.AllocateMemory(context_.handle(), &allocate, nullptr, &block.memory), "vkAllocateMemory");
        check(vk.BindBufferMemory(context_.handle(), block.buffer, block.memory, 0), "vkBindBufferMemory");
        constexpr VkMemoryPropertyFlags host =
            VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
        if ((types_.memoryTypes[type].propertyFlags & host) == host) {
            void* mapped = nullptr;
            check(vk.MapMemory(context_.handle(), block.memory, 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory");
            block.mapped = static_cast<std::byte*>(mapped);
        }
    } catch (const Error& error) {
        destroy(block);
        if (error.status() == Status::out_of_device_memory) refuse("the driver has no more");
        throw;
    }
    context_.count_object();
    block.free.emplace(0, size);
    if (intent == Intent::device) {
        used_ += size;
        peak_ = std::max(peak_.load(), used_.load());
    }
    return blocks_.emplace_back(std::move(block));
}

void MemoryPool::destroy(Block& block) noexcept {
    const DeviceFunctions& vk = context_.vk();
    if (block.buffer) vk.DestroyBuffer(context_.handle(), block.buffer, nullptr);
    if (block.memory) vk.FreeMemory(context_.handle(), block.memory, nullptr);  // unmaps
    if (block.intent == Intent::device && block.memory && !block.free.empty()) used_ -= block.size;
}

}  // namespace attune::vulkan
