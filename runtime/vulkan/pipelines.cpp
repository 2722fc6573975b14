#include "vulkan/pipelines.h"

namespace attune::vulkan {

Pipeline Pipelines::get(const Kernel& kernel, std::span<const std::uint32_t> constants, std::uint32_t bindings) {
    const std::lock_guard guard(mutex_);
    std::pair             key{&kernel, std::vector(constants.begin(), constants.end())};
    if (const auto found = pipelines_.find(key); found != pipelines_.end())
        return {.handle = found->second.handle.get(), .layout = found->second.layout};

    std::vector<VkSpecializationMapEntry> entries;
    for (std::uint32_t i = 0; i < constants.size(); ++i)
        entries.push_back({.constantID = i, .offset = i * 4, .size = 4});
    const VkSpecializationInfo        specialization{.mapEntryCount = static_cast<std::uint32_t>(entries.size()),
                                                     .pMapEntries   = entries.data(),
                                                     .dataSize      = constants.size_bytes(),
                                                     .pData         = constants.data()};
    Pipeline                          pipeline{.handle = VK_NULL_HANDLE, .layout = layout(bindings)};
    const VkComputePipelineCreateInfo create{.sType  = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
                                             .pNext  = nullptr,
                                             .flags  = 0,
                                             .stage  = {.sType  = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                        .pNext  = nullptr,
                                                        .flags  = 0,
                                                        .stage  = VK_SHADER_STAGE_COMPUTE_BIT,
                                                        .module = module(kernel),
                                                        .pName  = "main",
                                                        .pSpecializationInfo = &specialization},
                                             .layout = pipeline.layout.layout,
                                             .basePipelineHandle = VK_NULL_HANDLE,
                                             .basePipelineIndex  = -1};
    context_.check(
        context_.vk().CreateComputePipelines(context_.handle(), VK_NULL_HANDLE, 1, &create, nullptr, &pipeline.handle),
        "vkCreateComputePipelines");
    pipelines_.emplace(std::move(key), Made{OwnedPipeline(context_, pipeline.handle), pipeline.layout});
    return pipeline;
}

VkShaderModule Pipelines::module(const Kernel& kernel) {
    if (const auto found = modules_.find(&kernel); found != modules_.end()) return found->second.get();
    const VkShaderModuleCreateInfo create{.sType    = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                          .pNext    = nullptr,
                                          .flags    = 0,
                                          .codeSize = kernel.spirv.size_bytes(),
                                          .pCode    = kernel.spirv.data()};
    return modules_.emplace(&kernel, OwnedShaderModule(context_, create, "vkCreateShaderModule")).first->second.get();
}

PipelineLayout Pipelines::layout(std::uint32_t bindings) {
    if (const auto found = layouts_.find(bindings); found != layouts_.end())
        return {.set = found->second.set.get(), .layout = found->second.layout.get()};
    std::vector<VkDescriptorSetLayoutBinding> slots;
    for (std::uint32_t i = 0; i < bindings; ++i)
        slots.push_back({.binding            = i,
                         .descriptorType     = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                         .descriptorCount    = 1,
                         .stageFlags         = VK_SHADER_STAGE_COMPUTE_BIT,
                         .pImmutableSamplers = nullptr});
    const VkDescriptorSetLayoutCreateInfo set{.sType        = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                              .pNext        = nullptr,
                                              .flags        = 0,
                                              .bindingCount = bindings,
                                              .pBindings    = slots.data()};
    OwnedLayout                 made{.set = OwnedSetLayout(context_, set, "vkCreateDescriptorSetLayout"), .layout = {}};
    const VkDescriptorSetLayout handle = made.set.get();
    const VkPushConstantRange   range{.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .offset = 0, .size = push_bytes};
    const VkPipelineLayoutCreateInfo create{.sType                  = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                            .pNext                  = nullptr,
                                            .flags                  = 0,
                                            .setLayoutCount         = 1,
                                            .pSetLayouts            = &handle,
                                            .pushConstantRangeCount = 1,
                                            .pPushConstantRanges    = &range};
    made.layout = OwnedPipelineLayout(context_, create, "vkCreatePipelineLayout");
    const PipelineLayout result{.set = handle, .layout = made.layout.get()};
    layouts_.emplace(bindings, std::move(made));
    return result;
}

}  // namespace attune::vulkan
