#include "execute/roof_work.h"

#include <algorithm>
#include <bit>

namespace attune {

std::uint32_t roof_group(const DeviceTraits& traits) {
    const std::uint32_t wanted = !traits.is_cpu ? 256u : traits.subgroup_size > 1 ? traits.subgroup_size : 8u;
    return std::bit_floor(std::min({wanted, traits.max_invocations, traits.max_group_size[0]}));
}

RoofKernel::RoofKernel(Device::Context& context, const Kernel& kernel, std::vector<std::uint32_t> constants,
                       std::initializer_list<const vulkan::Span*> bindings)
    : context_(context) {
    const auto count = static_cast<std::uint32_t>(bindings.size());
    pipeline_        = context.pipelines().get(kernel, constants, count);
    const VkDescriptorPoolSize       size{.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .descriptorCount = count};
    const VkDescriptorPoolCreateInfo create{.sType         = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                            .pNext         = nullptr,
                                            .flags         = 0,
                                            .maxSets       = 1,
                                            .poolSizeCount = 1,
                                            .pPoolSizes    = &size};
    pool_ = vulkan::OwnedDescriptorPool(context, create, "vkCreateDescriptorPool");
    const VkDescriptorSetAllocateInfo allocate{.sType              = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                               .pNext              = nullptr,
                                               .descriptorPool     = pool_.get(),
                                               .descriptorSetCount = 1,
                                               .pSetLayouts        = &pipeline_.layout.set};
    context.check(context.vk().AllocateDescriptorSets(context.handle(), &allocate, &set_), "vkAllocateDescriptorSets");
    point_at(bindings);
}

void RoofKernel::point_at(std::initializer_list<const vulkan::Span*> bindings) {
    std::vector<VkDescriptorBufferInfo> buffers;
    for (const vulkan::Span* span : bindings) buffers.push_back({span->buffer(), span->offset(), span->size()});
    const VkWriteDescriptorSet write{.sType            = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                     .pNext            = nullptr,
                                     .dstSet           = set_,
                                     .dstBinding       = 0,
                                     .dstArrayElement  = 0,
                                     .descriptorCount  = static_cast<std::uint32_t>(buffers.size()),
                                     .descriptorType   = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                     .pImageInfo       = nullptr,
                                     .pBufferInfo      = buffers.data(),
                                     .pTexelBufferView = nullptr};
    context_.vk().UpdateDescriptorSets(context_.handle(), 1, &write, 0, nullptr);
}

void RoofKernel::bind(VkCommandBuffer commands, const PushBytes& push) const {
    const auto& vk = context_.vk();
    vk.CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_.handle);
    vk.CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_.layout.layout, 0, 1, &set_, 0,
                             nullptr);
    vk.CmdPushConstants(commands, pipeline_.layout.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, push.size(), push.data());
}

void RoofKernel::dispatch(VkCommandBuffer commands, std::uint32_t groups) const {
    context_.vk().CmdDispatch(commands, groups, 1, 1);
}

}  // namespace attune
