#include "vulkan/pipelines.h"

#include "vulkan/context.h"

namespace attune::vulkan {

Pipelines::~Pipelines() {
    const DeviceFunctions& vk = context_.vk();
    for (const auto& [key, pipeline] : pipelines_) vk.DestroyPipeline(context_.handle(), pipeline.handle, nullptr);
    for (const auto& [kernel, module] : modules_) vk.DestroyShaderModule(context_.handle(), module, nullptr);
    for (const auto& [count, layout] : layouts_) {
        vk.DestroyPipelineLayout(context_.handle(), layout.layout, nullptr);
        vk.DestroyDescriptorSetLayout(context_.handle(), layout.set, nullptr);
    }
}

Pipeline Pipelines::get(const Kernel& kernel, std::span<const std::uint32_t> constants, std::uint32_t bindings) {
    const std::lock_guard guard(mutex_);
    std::pair             key{&kernel, std::vector(constants.begin(), constants.end())};
    if (const auto found = pipelines_.find(key); found != pipelines_.end()) return found->second;

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
    check(
        context_.vk().CreateComputePipelines(context_.handle(), VK_NULL_HANDLE, 1, &create, nullptr, &pipeline.handle),
        "vkCreateComputePipelines");
    context_.count_object();
    pipelines_.emplace(std::move(key), pipeline);
    return pipeline;
}

VkShaderModule Pipelines::module(const Kernel& kernel) {
    if (const auto found = modules_.find(&kernel); found != modules_.end()) return found->second;
    const VkShaderModuleCreateInfo create{.sType    = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                          .pNext    = nullptr,
                                          .flags    = 0,
                                          .codeSize = kernel.spirv.size_bytes(),
                                          .pCode    = kernel.spirv.data()};
    VkShaderModule                 module = VK_NULL_HANDLE;
    check(context_.vk().CreateShaderModule(context_.handle(), &create, nullptr, &module), "vkCreateShaderModule");
    context_.count_object();
    return modules_.emplace(&kernel, module).first->second;
}

PipelineLayout Pipelines::layout(std::uint32_t bindings) {
    if (const auto found = layouts_.find(bindings); found != layouts_.end()) return found->second;
    const DeviceFunctions&                    vk = context_.vk();
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
    PipelineLayout                        result;
    check(vk.CreateDescriptorSetLayout(context_.handle(), &set, nullptr, &result.set), "vkCreateDescriptorSetLayout");
    const VkPushConstantRange        range{.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .offset = 0, .size = push_bytes};
    const VkPipelineLayoutCreateInfo create{.sType                  = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                            .pNext                  = nullptr,
                                            .flags                  = 0,
                                            .setLayoutCount         = 1,
                                            .pSetLayouts            = &result.set,
                                            .pushConstantRangeCount = 1,
                                            .pPushConstantRanges    = &range};
    if (const VkResult made = vk.CreatePipelineLayout(context_.handle(), &create, nullptr, &result.layout);
        made != VK_SUCCESS) {
        vk.DestroyDescriptorSetLayout(context_.handle(), result.set, nullptr);
        check(made, "vkCreatePipelineLayout");
    }
    context_.count_object();
    return layouts_.emplace(bindings, result).first->second;
}

}  // namespace attune::vulkan
