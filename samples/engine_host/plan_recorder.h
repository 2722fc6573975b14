// Records a guest's commands that come as data: for engines whose render graph records everything by itself.
//
// Pipelines are made when a kernel with its constants is seen first, and kept. Descriptor sets are the frame's: they
// are given back when the slot is begun again.
#pragma once

#include "engine.h"

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <utility>

namespace host {

struct PlanBinding {
    VkBuffer     buffer = VK_NULL_HANDLE;
    VkDeviceSize offset = 0, bytes = 0;
};

struct PlanCommand {
    enum class Kind { dispatch, update, fill, copy };
    Kind                           kind    = Kind::dispatch;
    bool                           barrier = false;  // what commands before it wrote must be visible to it
    std::span<const std::uint32_t> spirv;            // dispatch: entry point "main", storage buffers 0, 1, ... of set 0
    std::span<const std::uint32_t> constants;        // specialization constants 0, 1, ...
    std::vector<PlanBinding>       bindings;         // update, fill: one; copy: from, to
    std::span<const std::byte>     data;             // dispatch: push constants; update: the bytes
    std::uint32_t                  value     = 0;    // fill
    std::uint32_t                  groups[3] = {1, 1, 1};
};

// Commands of any guest that tells them with these members, in an order of kinds that is PlanCommand's.
template <class Told> std::vector<PlanCommand> plan_of(std::span<const Told> list) {
    std::vector<PlanCommand> plan;
    for (const Told& told : list) {
        PlanCommand& command = plan.emplace_back();
        command.kind         = static_cast<PlanCommand::Kind>(told.kind);
        command.barrier      = told.barrier != 0;
        command.spirv        = {told.spirv, told.spirv_words};
        command.constants    = {told.constants, told.constant_count};
        command.data         = {static_cast<const std::byte*>(told.data), told.data_bytes};
        command.value        = told.value;
        for (int axis = 0; axis < 3; ++axis) command.groups[axis] = told.groups[axis];
        for (std::size_t i = 0; i < told.binding_count; ++i)
            command.bindings.push_back({told.bindings[i].buffer, told.bindings[i].offset, told.bindings[i].bytes});
    }
    return plan;
}

class PlanRecorder {
public:
    PlanRecorder(const Engine& engine, std::uint32_t frames_in_flight);
    ~PlanRecorder();
    PlanRecorder(const PlanRecorder&)            = delete;
    PlanRecorder& operator=(const PlanRecorder&) = delete;

    // `slot` is free again: the GPU has finished what was recorded with it.
    void begin(std::uint32_t slot);
    void record(VkCommandBuffer commands, std::uint32_t slot, std::span<const PlanCommand> plan);

private:
    struct Pipeline {
        VkDescriptorSetLayout set_layout = VK_NULL_HANDLE;
        VkPipelineLayout      layout     = VK_NULL_HANDLE;
        VkPipeline            pipeline   = VK_NULL_HANDLE;
    };
    struct Slot {
        std::vector<VkDescriptorPool> pools;
        std::size_t                   used = 0;
    };
    using Key = std::pair<std::size_t, std::vector<std::uint32_t>>;  // hash of a kernel's words, constants

    const Pipeline& pipeline(const PlanCommand& command);
    VkPipeline      make_pipeline(const PlanCommand& command, VkPipelineLayout layout) const;
    VkDescriptorSet make_set(Slot& slot, VkDescriptorSetLayout layout, std::span<const PlanBinding> bindings);
    void            dispatch(VkCommandBuffer commands, Slot& slot, const PlanCommand& command);

    const Engine&           engine_;
    std::map<Key, Pipeline> pipelines_;
    std::vector<Slot>       slots_;
};

}  // namespace host
