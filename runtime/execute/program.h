// A plan on a device: pipelines, descriptor sets, and the commands recorded once and replayed.
#pragma once

#include "execute/session_memory.h"
#include "execute/weights.h"
#include "vulkan/pipelines.h"

namespace attune {

class Program::Impl {
public:
    // Builds the pipelines. `weights` may be null if the plan names none.
    Impl(std::shared_ptr<Device::Context> context, Plan plan, std::shared_ptr<Weights::Impl> weights);

    const Plan&                           plan() const noexcept { return plan_; }
    const std::shared_ptr<Weights::Impl>& weights() const noexcept { return weights_; }

    // The recorded submissions, recorded anew if an address has changed since.
    std::span<const VkCommandBuffer> commands(const SessionMemory& memory);

    // Records dispatches from `first` on, as many as are estimated to take `seconds`, at least one, and returns the
    // one after the last of them. Behind the last of all, outputs are copied to where the host reads them.
    std::size_t record(const SessionMemory& memory, VkCommandBuffer commands, std::size_t first, double seconds);

    // All of it as data.
    std::vector<DispatchData> dispatches(const SessionMemory& memory) const;

    // Points every binding at its memory, unless it points there already.
    void bind(const SessionMemory& memory);
    // After bind(): records one dispatch, without its barrier.
    void launch(std::size_t index, VkCommandBuffer commands) const;

private:
    SessionMemory::Place place(const SessionMemory& memory, const Location& location) const;
    void                 allocate_sets();
    void                 record_dispatch(std::size_t index, VkCommandBuffer commands) const;

    Commands                       pool_;
    Plan                           plan_;
    std::shared_ptr<Weights::Impl> weights_;
    std::vector<vulkan::Pipeline>  pipelines_;
    vulkan::OwnedDescriptorPool    descriptors_;
    std::vector<VkDescriptorSet>   sets_;
    std::vector<VkCommandBuffer>   commands_;
    std::uint64_t                  written_  = UINT64_MAX;  // generation that the sets name
    std::uint64_t                  recorded_ = UINT64_MAX;  // generation that the commands name
};

}  // namespace attune
