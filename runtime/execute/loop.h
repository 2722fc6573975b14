// A program recorded to run some times over in one submission. A run behind which a count has come to 0 closes the gate: the
// group counts of all dispatches lie in memory, and become 0.
#pragma once

#include "execute/bound_kernel.h"
#include "execute/program.h"

#include <algorithm>
#include <optional>

namespace attune {

class Loop {
public:
    // Both have to outlive it.
    Loop(Program::Impl& program, Commands& commands);

    // Waits. The memory has room for the plan.
    void run(SessionMemory& memory, const Repeats& repeats);

    // Whether the last run copied a state.
    bool copies(const std::string& name) const noexcept {
        return !names_.empty() && std::find(names_.begin() + 1, names_.end(), name) != names_.end();
    }

private:
    const NamedTensor& state(const char* name) const;
    void               record(SessionMemory& memory, const Repeats& repeats);
    void               make_gate(SessionMemory& memory, const Repeats& repeats);
    void               record_run();
    void               record_end(SessionMemory& memory, const Repeats& repeats);
    void               record_begin(SessionMemory& memory) const;

    Program::Impl&               program_;
    Commands&                    commands_;
    std::vector<std::uint32_t>   groups_;  // of each dispatch: x, y, z
    vulkan::Span                 counts_;  // what is left of them
    std::optional<BoundKernel>   gate_;
    bool                         gated_ = false;
    VkCommandBuffer              begin_ = VK_NULL_HANDLE, run_ = VK_NULL_HANDLE, end_ = VK_NULL_HANDLE;
    std::vector<VkCommandBuffer> submitted_;
    std::uint64_t                recorded_ = UINT64_MAX;  // generation that the commands name
    std::vector<std::string>     names_;                  // that they were recorded for: the count, and what is copied
};

}  // namespace attune
