#include "vulkan/descriptors.h"

#include "vulkan/context.h"

namespace attune::vulkan {

DescriptorSets::DescriptorSets(Device::Context& context, std::span<const VkDescriptorSetLayout> layouts,
                               std::uint32_t buffers)
    : context_(&context), sets_(layouts.size()) {
    const VkDescriptorPoolSize       size{.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .descriptorCount = buffers};
    const auto                       count = static_cast<std::uint32_t>(layouts.size());
    const VkDescriptorPoolCreateInfo create{.sType         = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                            .pNext         = nullptr,
                                            .flags         = 0,
                                            .maxSets       = count,
                                            .poolSizeCount = 1,
                                            .pPoolSizes    = &size};
    pool_ = OwnedDescriptorPool(context, create, "vkCreateDescriptorPool");
    const VkDescriptorSetAllocateInfo allocate{.sType              = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                               .pNext              = nullptr,
                                               .descriptorPool     = pool_.get(),
                                               .descriptorSetCount = count,
                                               .pSetLayouts        = layouts.data()};
    context.check(context.vk().AllocateDescriptorSets(context.handle(), &allocate, sets_.data()),
                  "vkAllocateDescriptorSets");
}

void DescriptorSets::write(std::size_t set, std::span<const VkDescriptorBufferInfo> buffers) const {
    const VkWriteDescriptorSet write{.sType            = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                     .pNext            = nullptr,
                                     .dstSet           = sets_[set],
                                     .dstBinding       = 0,
                                     .dstArrayElement  = 0,
                                     .descriptorCount  = static_cast<std::uint32_t>(buffers.size()),
                                     .descriptorType   = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                     .pImageInfo       = nullptr,
                                     .pBufferInfo      = buffers.data(),
                                     .pTexelBufferView = nullptr};
    context_->vk().UpdateDescriptorSets(context_->handle(), 1, &write, 0, nullptr);
}

}  // namespace attune::vulkan
