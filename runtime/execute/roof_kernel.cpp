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
    sets_            = vulkan::DescriptorSets(context, std::span(&pipeline_.layout.set, 1), count);
    std::vector<VkDescriptorBufferInfo> buffers;
    for (const vulkan::Span* span : bindings) buffers.push_back({span->buffer(), span->offset(), span->size()});
    sets_.write(0, buffers);
}

void RoofKernel::bind(VkCommandBuffer commands, const PushBytes& push) const {
    const auto&           vk  = context_.vk();
    const VkDescriptorSet set = sets_[0];
    vk.CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_.handle);
    vk.CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_.layout.layout, 0, 1, &set, 0, nullptr);
    vk.CmdPushConstants(commands, pipeline_.layout.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, push.size(), push.data());
}

void RoofKernel::dispatch(VkCommandBuffer commands, std::uint32_t groups) const {
    context_.vk().CmdDispatch(commands, groups, 1, 1);
}

}  // namespace attune
