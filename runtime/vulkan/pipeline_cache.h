// What the driver remembers of the pipelines that it has compiled, and how that is kept from one run of the program
// to the next. Thread-safe.
#pragma once

#include "vulkan/owned.h"

#include <cstddef>
#include <shared_mutex>
#include <span>
#include <vector>

namespace attune::vulkan {

class PipelineCache {
public:
    // `given`: a host's, which is used and left alone; null: one of our own.
    PipelineCache(Device::Context& context, VkPipelineCache given);

    // vkCreateComputePipelines with this cache.
    VkResult compile(const VkComputePipelineCreateInfo& create, VkPipeline& made) const;

    bool is_given() const noexcept { return given_ != VK_NULL_HANDLE; }

    std::vector<std::byte> save() const;
    // Throws bad_input, having changed nothing, unless save() gave these bytes on the same device, driver and attune.
    void load(std::span<const std::byte> bytes);

private:
    Device::Context&          context_;
    VkPipelineCache           given_;
    OwnedPipelineCache        own_;
    mutable std::shared_mutex merging_;  // merging must be alone with the cache, all else need not

    VkPipelineCache handle() const noexcept { return given_ ? given_ : own_.get(); }
};

}  // namespace attune::vulkan
