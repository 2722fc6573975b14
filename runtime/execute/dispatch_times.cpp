#include "execute/dispatch_times.h"

#include "execute/timestamp_pool.h"
#include "graph/op.h"

#include <chrono>

namespace attune {
namespace {

// Submissions as the plan cuts them; around each dispatch two timestamps, and a barrier in front of these.
void time_by_device(Program::Impl& program, Commands& commands, VkCommandBuffer recording, ProgramTimes& times) {
    const auto    count = static_cast<std::uint32_t>(program.plan().dispatches.size());
    TimestampPool pool(commands.context(), 2 * count);
    for (const Plan::Submission& submission : program.plan().submissions()) {
        const auto first = static_cast<std::uint32_t>(submission.first),
                   end   = static_cast<std::uint32_t>(submission.end);
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
    pool.read(2 * count, TimestampPool::Wait::yes);
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
