#include "vulkan/memory_blocks.h"

#include <algorithm>

namespace attune {

const char* name_of(MemoryClass of) noexcept {
    switch (of) {
    case MemoryClass::weights: return "weights";
    case MemoryClass::state: return "state";
    case MemoryClass::scratch: return "scratch";
    case MemoryClass::upload: return "upload";
    case MemoryClass::readback: break;
    }
    return "readback";
}

namespace vulkan {
namespace {

// Every driver maps memory, and aligns buffers in it, at multiples of this, and numbers in it can be read as such.
constexpr std::uintptr_t address_alignment = 16;

[[noreturn]] void refuse(MemoryClass of, const std::string& what) {
    throw Error(Status::usage, std::string("the host's memory for ") + name_of(of), what);
}

void check_mapped(MemoryClass of, const void* mapped) {
    if (!mapped && !on_device(of)) refuse(of, "is not mapped");
    if (reinterpret_cast<std::uintptr_t>(mapped) % address_alignment != 0)
        refuse(of, "is mapped where numbers cannot be: not at a multiple of " + std::to_string(address_alignment));
}

}  // namespace

BlockMaker::BlockMaker(Device::Context& context, const MemoryHeaps& heaps, const HostAllocator* host,
                       VkDeviceSize alignment)
    : context_(context), heaps_(heaps), alignment_(alignment) {
    if (!host) return;
    if (!host->allocate) throw Error(Status::usage, "HostAllocator", "has no function that allocates");
    host_ = *host;
}

OwnedBuffer BlockMaker::make_buffer(VkDeviceSize bytes) {
    const VkBufferUsageFlags texels = context_.traits().max_texels ? VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT : 0;
    const VkBufferCreateInfo create{.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                    .pNext = nullptr,
                                    .flags = 0,
                                    .size  = bytes + beyond_texels(context_.traits()),
                                    .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                             VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT |
                                             texels,
                                    .sharingMode           = VK_SHARING_MODE_EXCLUSIVE,
                                    .queueFamilyIndexCount = 0,
                                    .pQueueFamilyIndices   = nullptr};
    return OwnedBuffer(context_, create, "vkCreateBuffer");
}

VkMemoryRequirements BlockMaker::requirements(const OwnedBuffer& buffer) {
    VkMemoryRequirements driver;
    context_.vk().GetBufferMemoryRequirements(context_.handle(), buffer.get(), &driver);
    return driver;
}

MemoryNeeds BlockMaker::needs(MemoryClass of, const VkMemoryRequirements& driver) const {
    return {.bytes                 = driver.size,
            .alignment             = driver.alignment,
            .memory_type_bits      = heaps_.types_for(of, driver.memoryTypeBits),
            .preferred_memory_type = heaps_.type_for(of, driver.memoryTypeBits),
            .mapped                = !on_device(of)};
}

MemoryNeeds BlockMaker::needs(MemoryClass of, VkDeviceSize bytes) {
    MemoryNeeds needs =
        this->needs(of, requirements(make_buffer(round_up(std::max<VkDeviceSize>(bytes, 1), alignment_))));
    needs.alignment = std::max(needs.alignment, alignment_);  // in a buffer, too; both are powers of two
    return needs;
}

void BlockMaker::bind(const OwnedBuffer& buffer, VkDeviceMemory memory, VkDeviceSize offset) {
    context_.check(context_.vk().BindBufferMemory(context_.handle(), buffer.get(), memory, offset),
                   "vkBindBufferMemory");
}

MemoryBlock BlockMaker::make(MemoryClass of, VkDeviceSize bytes) {
    MemoryBlock block;
    block.of     = of;
    block.size   = bytes;
    block.free   = FreeRanges(bytes);
    block.owned  = make_buffer(bytes);
    block.buffer = block.owned.get();
    block.serial = ++made_;

    const MemoryNeeds needs = this->needs(of, requirements(block.owned));
    if (asks_host())
        ask_host(block, needs);
    else
        allocate(block, needs);
    return block;
}

void BlockMaker::allocate(MemoryBlock& block, const MemoryNeeds& needs) {
    const DeviceFunctions&     vk = context_.vk();
    const VkMemoryAllocateInfo allocate{.sType           = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                        .pNext           = nullptr,
                                        .allocationSize  = needs.bytes,
                                        .memoryTypeIndex = needs.preferred_memory_type};
    block.memory = OwnedMemory(context_, allocate, "vkAllocateMemory");
    bind(block.owned, block.memory.get(), 0);
    if (!heaps_.mappable(needs.preferred_memory_type)) return;
    void* mapped = nullptr;
    context_.check(vk.MapMemory(context_.handle(), block.memory.get(), 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory");
    block.mapped = static_cast<std::byte*>(mapped);
}

void BlockMaker::ask_host(MemoryBlock& block, const MemoryNeeds& needs) {
    const HostBlock got = host_.allocate({.memory_class = block.of, .needs = needs, .buffer = block.buffer});
    if (!got.memory)
        throw Error(Status::out_of_device_memory, "the host's memory",
                    std::string("has no more for ") + name_of(block.of));
    block.host = HostAllocation(host_, got);
    if (got.offset % needs.alignment != 0)
        refuse(block.of, "begins at byte " + std::to_string(got.offset) + " of an allocation, no multiple of " +
                             std::to_string(needs.alignment));
    check_mapped(block.of, got.mapped);
    block.mapped = static_cast<std::byte*>(got.mapped);
    bind(block.owned, got.memory, got.offset);
}

MemoryBlock BlockMaker::around(const HostRange& range) {
    const MemoryClass of = range.memory_class;
    if ((range.buffer != nullptr) == (range.memory != nullptr))
        refuse(of, "has to be a part of either a buffer or a memory");
    if (range.bytes > VK_WHOLE_SIZE - range.offset) refuse(of, "has more bytes than there can be");
    MemoryBlock block;
    block.of     = of;
    block.given  = true;
    block.range  = range;
    block.buffer = range.buffer;

    const VkDeviceSize alignment = range.buffer ? alignment_ : needs(of, alignment_).alignment;
    const VkDeviceSize end       = (range.offset + range.bytes) / alignment * alignment;
    if (range.offset > end || round_up(range.offset, alignment) >= end)
        refuse(of, "has no " + std::to_string(alignment) + " bytes at a multiple of " + std::to_string(alignment));
    const VkDeviceSize begin = round_up(range.offset, alignment);
    if (range.mapped) block.mapped = static_cast<std::byte*>(range.mapped) + (begin - range.offset);
    check_mapped(of, block.mapped);
    block.first = range.buffer ? begin : 0;
    block.size  = end - begin;
    block.free  = FreeRanges(block.size);
    if (range.memory) make_buffer_in(block, begin, end);
    return block;
}

void BlockMaker::make_buffer_in(MemoryBlock& block, VkDeviceSize begin, VkDeviceSize end) {
    block.owned                       = make_buffer(block.size);
    block.buffer                      = block.owned.get();
    const VkMemoryRequirements driver = requirements(block.owned);
    if (driver.size > end - begin)
        refuse(block.of, "has " + std::to_string(end - begin) + " bytes for a buffer that takes " +
                             std::to_string(driver.size) + " there");
    bind(block.owned, block.range.memory, begin);
}

}  // namespace vulkan

}  // namespace attune
