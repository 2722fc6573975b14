#include "execute/run_samples.h"

#include "execute/timed_commands.h"

namespace attune {
namespace {

void record(const Program::Impl& program, const vulkan::DeviceFunctions& vk, const Plan::Submission& piece,
            VkCommandBuffer commands) {
    for (std::size_t i = piece.first; i < piece.end; ++i) {
        if (i > piece.first && program.plan().dispatches[i].barrier) full_barrier(vk, commands);
        program.launch(i, commands);
    }
}

}  // namespace

RunSamples sample_runs(Program::Impl& program, const SessionMemory& memory, Commands& commands, std::uint32_t repeats,
                       std::uint32_t samples) {
    program.bind(memory);
    const std::vector<Plan::Submission> pieces = program.plan().submissions();
    // What is cut is too long for one submission: then that many submissions of each piece instead.
    const bool                 whole = pieces.size() == 1;
    const auto&                vk    = commands.context().vk();
    std::vector<TimedCommands> timed;
    for (const Plan::Submission& piece : pieces)
        timed.emplace_back(commands).record([&](VkCommandBuffer recording) {
            for (std::uint32_t run = 0; run < (whole ? repeats : 1); ++run) {
                if (run > 0) full_barrier(vk, recording);
                record(program, vk, piece, recording);
            }
        });
    RunSamples found{.clock = timed.front().clock(), .seconds = {}};
    for (std::uint32_t sample = 0; sample < samples; ++sample) {
        double seconds = 0;
        for (std::uint32_t run = 0; run < (whole ? 1 : repeats); ++run)
            for (TimedCommands& piece : timed) seconds += piece.run();
        found.seconds.push_back(seconds / repeats);
    }
    return found;
}

}  // namespace attune
