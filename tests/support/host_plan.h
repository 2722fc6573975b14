// A host that records a program's dispatches by itself, from attune's data: its own pipelines, sets and barriers.
#pragma once

#include "support/own_device.h"

#include <attune/session.hpp>

namespace attune::test {

class HostPlan {
public:
    HostPlan(const OwnDevice& own, const std::vector<DispatchData>& dispatches);
    ~HostPlan();
    HostPlan(const HostPlan&)            = delete;
    HostPlan& operator=(const HostPlan&) = delete;

    void record(VkCommandBuffer commands) const;

private:
    struct Made {
        VkShaderModule        module = VK_NULL_HANDLE;
        VkDescriptorSetLayout set_layout = VK_NULL_HANDLE;
        VkPipelineLayout      layout = VK_NULL_HANDLE;
        VkPipeline            pipeline = VK_NULL_HANDLE;
        VkDescriptorPool      pool = VK_NULL_HANDLE;
        VkDescriptorSet       set = VK_NULL_HANDLE;
    };
    Made make(const DispatchData& data) const;
    void make_layouts(const DispatchData& data, Made& made) const;
    void make_pipeline(const DispatchData& data, Made& made) const;
    void make_set(const DispatchData& data, Made& made) const;

    const OwnDevice&                 own_;
    const std::vector<DispatchData>& dispatches_;
    std::vector<Made>                made_;
};

}  // namespace attune::test
