#include "execute/run_samples.h"

#include "execute/timed_commands.h"

namespace attune {
namespace {

struct Piece {
    std::size_t first = 0, end = 0;  // dispatches
};

// As the plan cuts a run into submissions; at least one.
std::vector<Piece> pieces_of(const Plan& plan) {
    std::vector<Piece> pieces(1);
    for (std::size_t i = 0; i < plan.dispatches.size(); ++i) {
        if (i > 0 && plan.dispatches[i].submit) pieces.push_back({i, i});
        pieces.back().end = i + 1;
    }
    return pieces;
}

void record(const Program::Impl& program, const vulkan::DeviceFunctions& vk, const Piece& piece,
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
    const std::vector<Piece> pieces = pieces_of(program.plan());
    // What is cut is too long for one submission: then that many submissions of each piece instead.
    const bool                 whole = pieces.size() == 1;
    const auto&                vk    = commands.context().vk();
    std::vector<TimedCommands> timed;
    for (const Piece& piece : pieces)
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
