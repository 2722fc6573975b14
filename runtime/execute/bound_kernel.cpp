#include "execute/bound_kernel.h"

#include "vulkan/context.h"

namespace attune {

BoundKernel::BoundKernel(Device::Context& context, const Kernel& kernel, std::vector<std::uint32_t> constants,
                         std::initializer_list<Bound> bindings)
    : context_(context) {
    vulkan::Slots slots;
    for (const Bound& one : bindings) slots.texels |= (one.texel_bytes ? 1u : 0u) << slots.count++;
    pipeline_ = context.pipelines().get(kernel, constants, slots);
    sets_     = vulkan::DescriptorSets(context, std::span(&pipeline_.layout.set, 1), slots.count);
    point_at(bindings);
}

void BoundKernel::point_at(std::initializer_list<Bound> bindings) {
    std::vector<vulkan::BoundBuffer> buffers;
    for (const Bound& one : bindings)
        buffers.push_back(
            {one.span->buffer(), one.span->offset(), one.span->size(), one.texel_bytes, one.span->block()});
    sets_.write(0, buffers);
}

void BoundKernel::bind(VkCommandBuffer commands, const PushBytes& push) const {
    const auto&           vk  = context_.vk();
    const VkDescriptorSet set = sets_[0];
    vk.CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_.handle);
    vk.CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_.layout.layout, 0, 1, &set, 0, nullptr);
    vk.CmdPushConstants(commands, pipeline_.layout.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, push.size(), push.data());
}

void BoundKernel::dispatch(VkCommandBuffer commands, std::uint32_t groups) const {
    context_.vk().CmdDispatch(commands, groups, 1, 1);
}

}  // namespace attune
