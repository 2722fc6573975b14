#include "execute/dispatch_times.h"

#include "graph/op.h"
#include "vulkan/owned.h"

#include <chrono>

namespace attune {
namespace {

// Room for timestamps of a device's queue.
class TimestampPool {
public:
    TimestampPool(Device::Context& context, std::uint32_t count)
        : context_(context), pool_(context, info(count), "vkCreateQueryPool"), ticks_(count) {}

    void reset(VkCommandBuffer commands, std::uint32_t first, std::uint32_t count) const {
        context_.vk().CmdResetQueryPool(commands, pool_.get(), first, count);
    }

    // The time at which everything recorded before has finished.
    void write(VkCommandBuffer commands, std::uint32_t index) const {
        context_.vk().CmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool_.get(), index);
    }

    // Fetches what has been written; all of it must have been, by commands that have finished.
    void read() {
        context_.check(context_.vk().GetQueryPoolResults(
                           context_.handle(), pool_.get(), 0, static_cast<std::uint32_t>(ticks_.size()),
                           ticks_.size() * sizeof ticks_[0], ticks_.data(), sizeof ticks_[0],
                           VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
                       "vkGetQueryPoolResults");
    }

    double seconds_between(std::uint32_t from, std::uint32_t to) const {
        const vulkan::Timestamps& facts = context_.timestamps();
        const std::uint64_t       valid = facts.bits < 64 ? (std::uint64_t{1} << facts.bits) - 1 : UINT64_MAX;
        // The difference is right when the counter has wrapped in between, too.
        return static_cast<double>((ticks_[to] - ticks_[from]) & valid) * facts.nanoseconds * 1e-9;
    }

private:
    static VkQueryPoolCreateInfo info(std::uint32_t count) {
        return {.sType              = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                .pNext              = nullptr,
                .flags              = 0,
                .queryType          = VK_QUERY_TYPE_TIMESTAMP,
                .queryCount         = count,
                .pipelineStatistics = 0};
    }

    Device::Context&           context_;
    vulkan::OwnedQueryPool     pool_;
    std::vector<std::uint64_t> ticks_;
};

// Submissions as the plan cuts them; around each dispatch two timestamps, and a barrier in front of these.
void time_by_device(Program::Impl& program, Commands& commands, VkCommandBuffer recording, ProgramTimes& times) {
    const auto&   planned = program.plan().dispatches;
    const auto    count   = static_cast<std::uint32_t>(planned.size());
    TimestampPool pool(commands.context(), 2 * count);
    for (std::uint32_t first = 0, end = 0; first < count; first = end) {
        do ++end;
        while (end < count && !planned[end].submit);
        commands.begin(recording);
        pool.reset(recording, 2 * first, 2 * (end - first));
        for (std::uint32_t i = first; i < end; ++i) {
            full_barrier(commands.context().vk(), recording);
            pool.write(recording, 2 * i);
            program.launch(i, recording);
            pool.write(recording, 2 * i + 1);
        }
        commands.end(recording);
        commands.run(recording);
    }
    pool.read();
    for (std::uint32_t i = 0; i < count; ++i) times.dispatches[i].seconds = pool.seconds_between(2 * i, 2 * i + 1);
}

// One submission per dispatch, from its start until the host has seen its end.
void time_by_host(Program::Impl& program, Commands& commands, VkCommandBuffer recording, ProgramTimes& times) {
    using Clock = std::chrono::steady_clock;
    for (std::size_t i = 0; i < times.dispatches.size(); ++i) {
        commands.begin(recording);
        full_barrier(commands.context().vk(), recording);
        program.launch(i, recording);
        commands.end(recording);
        const auto start = Clock::now();
        commands.run(recording);
        times.dispatches[i].seconds = std::chrono::duration<double>(Clock::now() - start).count();
    }
}

}  // namespace

ProgramTimes time_dispatches(Program::Impl& program, const SessionMemory& memory, Commands& commands) {
    const bool   device = commands.context().timestamps().bits > 0;
    const Plan&  plan   = program.plan();
    ProgramTimes times;
    times.clock = device ? ProgramTimes::Clock::device : ProgramTimes::Clock::host;
    for (const PlannedDispatch& planned : plan.dispatches)
        times.dispatches.push_back({plan.graph.nodes()[planned.node].op->name, planned.dispatch.kernel->name, 0});
    if (plan.dispatches.empty()) return times;

    program.bind(memory);
    (device ? time_by_device : time_by_host)(program, commands, commands.allocate(), times);
    return times;
}

}  // namespace attune
