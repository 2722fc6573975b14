// Compute pipelines by kernel and specialization constants, made once and kept. Thread-safe.
#pragma once

#include "kernels/kernel.h"
#include "vulkan/owned.h"

#include <map>
#include <span>
#include <vector>

namespace attune::vulkan {

// All kernels bind storage buffers 0..n-1 in set 0 and have the same push constant range.
struct PipelineLayout {
    VkDescriptorSetLayout set    = VK_NULL_HANDLE;
    VkPipelineLayout      layout = VK_NULL_HANDLE;
};

struct Pipeline {
    VkPipeline     handle = VK_NULL_HANDLE;
    PipelineLayout layout;
};

inline constexpr std::uint32_t push_bytes = 128;

class Pipelines {
public:
    explicit Pipelines(Device::Context& context) : context_(context) {}

    Pipeline get(const Kernel& kernel, std::span<const std::uint32_t> constants, std::uint32_t bindings);

private:
    struct OwnedLayout {
        OwnedSetLayout      set;
        OwnedPipelineLayout layout;
    };
    PipelineLayout layout(std::uint32_t bindings);
    VkShaderModule module(const Kernel& kernel);

    struct Made {
        OwnedPipeline  handle;
        PipelineLayout layout;
    };

    Device::Context&                                                     context_;
    std::mutex                                                           mutex_;
    std::map<std::uint32_t, OwnedLayout>                                 layouts_;
    std::map<const Kernel*, OwnedShaderModule>                           modules_;
    std::map<std::pair<const Kernel*, std::vector<std::uint32_t>>, Made> pipelines_;
};

}  // namespace attune::vulkan
