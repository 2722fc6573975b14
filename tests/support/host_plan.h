// A host that records a run by itself, from attune's data: its own pipelines, sets and barriers.
#pragma once

#include "support/own_device.h"

#include <attune/session.hpp>

namespace attune::test {

class HostPlan {
public:
    HostPlan(const OwnDevice& own, const std::vector<CommandData>& list);
    ~HostPlan();
    HostPlan(const HostPlan&)            = delete;
    HostPlan& operator=(const HostPlan&) = delete;

    void record(VkCommandBuffer commands) const;
    // Without any barrier.
    void record_bare(VkCommandBuffer commands) const;
    // What its first dispatch, which is the first command, needs: pipeline, set 0, push constants.
    void bind_first(VkCommandBuffer commands) const { bind(list_.front(), made_.front(), commands); }

private:
    struct Made {
        VkShaderModule        module = VK_NULL_HANDLE;
        VkDescriptorSetLayout set_layout = VK_NULL_HANDLE;
        VkPipelineLayout      layout = VK_NULL_HANDLE;
        VkPipeline            pipeline = VK_NULL_HANDLE;
        VkDescriptorPool      pool = VK_NULL_HANDLE;
        VkDescriptorSet       set = VK_NULL_HANDLE;
    };
    Made make(const CommandData& data) const;
    void record_one(std::size_t index, VkCommandBuffer commands) const;
    void bind(const CommandData& data, const Made& made, VkCommandBuffer commands) const;
    void record_dispatch(const CommandData& data, const Made& made, VkCommandBuffer commands) const;
    void record_write(const CommandData& data, VkCommandBuffer commands) const;
    void make_layouts(const CommandData& data, Made& made) const;
    void make_pipeline(const CommandData& data, Made& made) const;
    void make_set(const CommandData& data, Made& made) const;

    const OwnDevice&                own_;
    const std::vector<CommandData>& list_;
    std::vector<Made>               made_;
};

}  // namespace attune::test
