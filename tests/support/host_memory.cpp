#include "support/host_memory.h"

#include <algorithm>
#include <bit>

namespace attune::test {

HostMemory::HostMemory(const OwnDevice& own, std::uint64_t bytes, std::byte fill) : own_(own) {
    const VkBufferCreateInfo create{.sType                 = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                    .pNext                 = nullptr,
                                    .flags                 = 0,
                                    .size                  = bytes,
                                    .usage                 = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                             VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                    .sharingMode           = VK_SHARING_MODE_EXCLUSIVE,
                                    .queueFamilyIndexCount = 0,
                                    .pQueueFamilyIndices   = nullptr};
    vulkan::check(own.get<PFN_vkCreateBuffer>("vkCreateBuffer")(own.device(), &create, nullptr, &buffer_), "vkCreateBuffer");
    VkMemoryRequirements needs;
    own.get<PFN_vkGetBufferMemoryRequirements>("vkGetBufferMemoryRequirements")(own.device(), buffer_, &needs);
    // The software drivers have one type of memory, which the host sees.
    const VkMemoryAllocateInfo allocate{.sType           = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                        .pNext           = nullptr,
                                        .allocationSize  = needs.size,
                                        .memoryTypeIndex = static_cast<std::uint32_t>(std::countr_zero(needs.memoryTypeBits))};
    vulkan::check(own.get<PFN_vkAllocateMemory>("vkAllocateMemory")(own.device(), &allocate, nullptr, &memory_), "vkAllocateMemory");
    vulkan::check(own.get<PFN_vkBindBufferMemory>("vkBindBufferMemory")(own.device(), buffer_, memory_, 0), "vkBindBufferMemory");
    void* data = nullptr;
    vulkan::check(own.get<PFN_vkMapMemory>("vkMapMemory")(own.device(), memory_, 0, VK_WHOLE_SIZE, 0, &data), "vkMapMemory");
    mapped_ = {static_cast<std::byte*>(data), static_cast<std::size_t>(bytes)};
    std::ranges::fill(mapped_, fill);
}

HostMemory::~HostMemory() {
    own_.get<PFN_vkDestroyBuffer>("vkDestroyBuffer")(own_.device(), buffer_, nullptr);
    own_.get<PFN_vkFreeMemory>("vkFreeMemory")(own_.device(), memory_, nullptr);
}

}  // namespace attune::test
