// A plan on a device: pipelines, descriptor sets, and the commands recorded once and replayed.
#pragma once

#include "execute/session_memory.h"
#include "execute/unit_costs.h"
#include "execute/weights.h"
#include "vulkan/descriptors.h"
#include "vulkan/pipelines.h"

namespace attune {

// The place that a recording has among the frames in flight.
inline std::uint32_t slot_of(const FrameTarget& target) noexcept { return target.counted() ? target.slot : 0; }

class Loop;

class Program::Impl {
public:
    // `weights` may be null if the plan names none; `slots` are those of the session's frames.
    Impl(std::shared_ptr<Device::Context> context, Plan plan, std::shared_ptr<Weights::Impl> weights,
         std::uint32_t slots, Compile compile);
    ~Impl();

    bool ready() const noexcept;
    // All pipelines are there when it returns. Throws not_ready if that is somebody else's task and not yet done.
    void make_ready();

    const Plan&                           plan() const noexcept { return plan_; }
    const Facts&                          facts() const noexcept { return facts_; }
    double                                seconds() const noexcept { return seconds_; }  // as planned
    const std::shared_ptr<Weights::Impl>& weights() const noexcept { return weights_; }

    // The recorded submissions, recorded anew if an address has changed since.
    std::span<const VkCommandBuffer> commands(SessionMemory& memory);

    // Makes what recording into frames needs besides: descriptor sets for every slot, room for timestamps.
    void prepare_frames();

    UnitCosts& costs() noexcept { return costs_; }

    // Dispatches that were recorded: the one after the last of them, and their stated cost.
    struct Recorded {
        std::size_t next    = 0;
        double      seconds = 0;
    };
    // Records dispatches from `first` on, as the budget allows. In front of the first of all, what was set is
    // written; behind the last, outputs are copied to where the host reads them.
    Recorded record(SessionMemory& memory, const FrameTarget& target, std::size_t first, const Budget& budget);

    // All of it as data.
    std::vector<CommandData> list(SessionMemory& memory, std::uint32_t slot) const;

    // Points every binding of the program's own commands at its memory, unless it points there already.
    void bind(const SessionMemory& memory) { bind(memory, own_sets_); }
    // After bind(): records one dispatch, without its barrier.
    // `counts`: where a VkDispatchIndirectCommand for each dispatch lies, if those are to say how many groups there are.
    void launch(std::size_t index, VkCommandBuffer commands, const vulkan::Span* counts = nullptr) const {
        launch(index, commands, own_sets_, counts);
    }

    // For runs back to back; made when it is first asked for.
    Loop& loop();

private:
    struct Sets {
        vulkan::DescriptorSets sets;
        std::uint64_t          generation = UINT64_MAX;               // that they name
        std::uint64_t          frame      = FrameTarget::uncounted;  // that used them last
    };
    Place place(const SessionMemory& memory, const Location& location) const;
    Sets  make_sets() const;
    void  bind(const SessionMemory& memory, Sets& sets);
    void  write(const SessionMemory& memory, Sets& sets) const;
    void  launch(std::size_t index, VkCommandBuffer commands, const Sets& sets, const vulkan::Span* counts = nullptr) const;
    void  record_dispatch(std::size_t index, VkCommandBuffer commands, const Sets& sets) const;
    Recorded record_units(VkCommandBuffer commands, const Sets& sets, std::size_t first, const Budget& budget);
    Sets& sets_of(const SessionMemory& memory, const FrameTarget& target);

    Commands                       pool_;
    Plan                           plan_;
    Facts                          facts_;
    double                         seconds_;
    std::shared_ptr<Weights::Impl> weights_;
    UnitCosts                      costs_;
    Compile                        compile_;
    bool                           made_ = false;  // all pipelines are there
    std::vector<const vulkan::Pipelines::Wanted*> pipelines_;
    Sets                           own_sets_;
    std::vector<Sets>              frame_sets_;  // one for each slot
    std::vector<VkCommandBuffer>   commands_;
    std::unique_ptr<Loop>          loop_;
    std::uint64_t                  recorded_ = UINT64_MAX;  // generation that the commands name
};

}  // namespace attune
