#include "vulkan/pipeline_cache.h"

#include "vulkan/saved.h"

namespace attune::vulkan {
namespace {

VkPipelineCacheCreateInfo create_info(std::span<const std::byte> payload) {
    return {.sType           = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
            .pNext           = nullptr,
            .flags           = 0,
            .initialDataSize = payload.size(),
            .pInitialData    = payload.data()};
}

}  // namespace

PipelineCache::PipelineCache(Device::Context& context, VkPipelineCache given) : context_(context), given_(given) {
    if (!given_) own_ = OwnedPipelineCache(context_, create_info({}), "vkCreatePipelineCache");
}

VkResult PipelineCache::compile(const VkComputePipelineCreateInfo& create, VkPipeline& made) const {
    const std::shared_lock guard(merging_);
    return context_.vk().CreateComputePipelines(context_.handle(), handle(), 1, &create, nullptr, &made);
}

std::vector<std::byte> PipelineCache::save() const {
    const std::shared_lock guard(merging_);
    const auto&            vk = context_.vk();
    std::vector<std::byte> bytes;
    for (VkResult result = VK_INCOMPLETE; result == VK_INCOMPLETE;) {  // it may grow in between
        std::size_t size = 0;
        context_.check(vk.GetPipelineCacheData(context_.handle(), handle(), &size, nullptr), "vkGetPipelineCacheData");
        bytes.resize(size);
        result = vk.GetPipelineCacheData(context_.handle(), handle(), &size, bytes.data());
        context_.check(result, "vkGetPipelineCacheData");
        bytes.resize(size);
    }
    return sealed(context_, saved_pipelines, bytes);
}

void PipelineCache::load(std::span<const std::byte> bytes) {
    if (given_)
        throw Error(Status::usage, "pipeline cache", "the host's own is used, and the host's to fill",
                    "import the device without one");
    const auto payload = unsealed(context_, saved_pipelines, bytes);

    const OwnedPipelineCache loaded(context_, create_info(payload), "vkCreatePipelineCache");
    const VkPipelineCache    source = loaded.get();
    const std::unique_lock   guard(merging_);
    context_.check(context_.vk().MergePipelineCaches(context_.handle(), handle(), 1, &source), "vkMergePipelineCaches");
}

}  // namespace attune::vulkan
