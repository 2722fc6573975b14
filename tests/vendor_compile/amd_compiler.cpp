#include "vendor_compile/amd_compiler.h"

#include <cstdlib>
#include <cstring>

namespace attune::test {
namespace {

constexpr VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR statistics_feature{
    .sType                  = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
    .pNext                  = nullptr,
    .pipelineExecutableInfo = VK_TRUE};

void add_statistics(const OwnDevice&, DeviceSetup& setup) {
    setup.extensions = {VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME};
    setup.next       = &statistics_feature;
}

// Where a statistic of RADV's goes; null: it is one of many others.
std::uint64_t* member(CompiledKernel& compiled, const char* name) {
    const struct {
        const char*    name;
        std::uint64_t* value;
    } members[] = {{"SGPRs", &compiled.sgprs},
                   {"VGPRs", &compiled.vgprs},
                   {"Spilled SGPRs", &compiled.spilled_sgprs},
                   {"Spilled VGPRs", &compiled.spilled_vgprs},
                   {"Scratch size", &compiled.scratch},
                   {"LDS size", &compiled.lds},
                   {"Code size", &compiled.code},
                   {"Subgroups per SIMD", &compiled.waves}};
    for (const auto& one : members)
        if (std::strcmp(one.name, name) == 0) return one.value;
    return nullptr;
}

}  // namespace

AmdCompiler::AmdCompiler(const std::string& family) {
    setenv("RADV_FORCE_FAMILY", family.c_str(), 1);
    own_    = std::make_unique<OwnDevice>(OwnDevice::Options{
           .layers = {}, .instance_extensions = {}, .api_version = VK_API_VERSION_1_2, .setup = add_statistics});
    device_ = std::make_unique<Device>(Device::import(own_->import()));
    parts_  = std::make_unique<vulkan::PipelineParts>(*device_->context());
}

CompiledKernel AmdCompiler::compile(const Kernel& kernel, std::span<const std::uint32_t> constants,
                                    std::uint32_t bindings) const {
    std::vector<VkSpecializationMapEntry> entries;
    for (std::uint32_t i = 0; i < constants.size(); ++i)
        entries.push_back({.constantID = i, .offset = i * 4, .size = 4});
    const VkSpecializationInfo        values{.mapEntryCount = static_cast<std::uint32_t>(entries.size()),
                                             .pMapEntries   = entries.data(),
                                             .dataSize      = constants.size_bytes(),
                                             .pData         = constants.data()};
    const VkComputePipelineCreateInfo create{.sType  = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
                                             .pNext  = nullptr,
                                             .flags  = VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR,
                                             .stage  = {.sType  = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                        .pNext  = nullptr,
                                                        .flags  = 0,
                                                        .stage  = VK_SHADER_STAGE_COMPUTE_BIT,
                                                        .module = parts_->module(kernel),
                                                        .pName  = "main",
                                                        .pSpecializationInfo = &values},
                                             .layout = parts_->layout({.count = bindings, .texels = 0}).layout,
                                             .basePipelineHandle = VK_NULL_HANDLE,
                                             .basePipelineIndex  = -1};
    VkPipeline                        pipeline = VK_NULL_HANDLE;
    vulkan::check(own_->get<PFN_vkCreateComputePipelines>("vkCreateComputePipelines")(
                      own_->device(), VK_NULL_HANDLE, 1, &create, nullptr, &pipeline),
                  "vkCreateComputePipelines");
    const vulkan::OwnedPipeline owned(*device_->context(), pipeline);
    return statistics(pipeline);
}

CompiledKernel AmdCompiler::statistics(VkPipeline pipeline) const {
    const VkPipelineExecutableInfoKHR which{.sType           = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
                                            .pNext           = nullptr,
                                            .pipeline        = pipeline,
                                            .executableIndex = 0};
    const auto ask = own_->get<PFN_vkGetPipelineExecutableStatisticsKHR>("vkGetPipelineExecutableStatisticsKHR");
    std::uint32_t count = 0;
    vulkan::check(ask(own_->device(), &which, &count, nullptr), "vkGetPipelineExecutableStatisticsKHR");
    std::vector<VkPipelineExecutableStatisticKHR> items(count);
    for (auto& item : items) item.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    vulkan::check(ask(own_->device(), &which, &count, items.data()), "vkGetPipelineExecutableStatisticsKHR");
    CompiledKernel compiled;
    for (const VkPipelineExecutableStatisticKHR& item : items)
        if (std::uint64_t* value = member(compiled, item.name)) *value = item.value.u64;
    return compiled;
}

}  // namespace attune::test
