#include "execute/loop.h"

#include "kernels/kernels.h"
#include "ops/lowering.h"
#include "params/gate.h"

#include <algorithm>
#include <utility>

namespace attune {

Loop::Loop(Program::Impl& program, Commands& commands) : program_(program), commands_(commands) {
    for (const PlannedDispatch& planned : program_.plan().dispatches) {
        const Groups& groups = planned.dispatch.groups;
        groups_.insert(groups_.end(), {groups.x, groups.y, groups.z});
    }
}

const NamedTensor& Loop::state(const char* name) const {
    const auto& states = program_.plan().states;
    const auto  found  = std::ranges::find(states, name, &NamedTensor::name);
    if (found == states.end()) throw Error(Status::usage, name, "is no state of the program that is to run");
    return *found;
}

void Loop::run(SessionMemory& memory, const Repeats& repeats) {
    const auto same = [&] {
        return recorded_ == memory.generation() && names_.size() == 1 + repeats.copied.size() &&
               names_[0] == (repeats.until ? repeats.until : "") &&
               std::equal(repeats.copied.begin(), repeats.copied.end(), names_.begin() + 1);
    };
    if (!same()) record(memory, repeats);
    record_begin(memory);
    submitted_.assign(2 + repeats.times, run_);
    submitted_.front() = begin_;
    submitted_.back()  = end_;
    commands_.run(submitted_);
}

void Loop::record(SessionMemory& memory, const Repeats& repeats) {
    recorded_ = UINT64_MAX;
    if (repeats.until && state(repeats.until).desc.type != Type::u32)
        throw Error(Status::usage, repeats.until, "is no count, which is u32");
    if (!begin_) begin_ = commands_.allocate();
    if (!run_) run_ = commands_.allocate();
    if (!end_) end_ = commands_.allocate();
    for (const char* name : repeats.copied) memory.reserve_copy(state(name).name);
    make_gate(memory, repeats);
    program_.bind(memory);
    record_run();
    record_end(memory, repeats);
    names_.assign({repeats.until ? repeats.until : ""});
    names_.insert(names_.end(), repeats.copied.begin(), repeats.copied.end());
    recorded_ = memory.generation();
}

// It stays, and is pointed at where its count lies now.
void Loop::make_gate(SessionMemory& memory, const Repeats& repeats) {
    Device::Context& context = commands_.context();
    gated_                   = repeats.until && !groups_.empty() && !context.memory().is_given(MemoryClass::state);
    if (!gated_) return;
    if (!counts_) counts_ = context.memory().allocate(MemoryClass::state, groups_.size() * 4);
    const std::initializer_list<BoundKernel::Bound> bindings = {&counts_, &memory.state(repeats.until)};
    if (gate_)
        gate_->point_at(bindings);
    else
        gate_.emplace(context, kernels::gate, std::vector{group_lanes(context.traits(), 64)}, bindings);
}

void Loop::record_run() {
    const auto& vk = commands_.context().vk();
    commands_.begin(run_, Commands::Submitted::repeatedly);
    gated_ ? indirect_barrier(vk, run_) : full_barrier(vk, run_);
    for (std::size_t i = 0; i < program_.plan().dispatches.size(); ++i) {
        if (i > 0 && program_.plan().dispatches[i].barrier) full_barrier(vk, run_);
        program_.launch(i, run_, gated_ ? &counts_ : nullptr);
    }
    if (gated_) {
        full_barrier(vk, run_);
        gate_->bind(run_, GateParams{static_cast<uint>(groups_.size())});
        gate_->dispatch(run_, 1);
    }
    commands_.end(run_);
}

void Loop::record_end(SessionMemory& memory, const Repeats& repeats) {
    const auto& vk = commands_.context().vk();
    commands_.begin(end_);
    RecordedCommands writes(vk, end_);
    memory.read_back(program_.plan(), 0, writes);
    for (const char* name : repeats.copied) memory.copy_back(state(name), writes);
    host_barrier(vk, end_);
    commands_.end(end_);
}

// What was set since, as commands: nothing waits for uploads of their own.
void Loop::record_begin(SessionMemory& memory) const {
    const auto& vk = commands_.context().vk();
    commands_.begin(begin_);
    RecordedCommands writes(vk, begin_);
    memory.fill(program_.plan(), writes);
    if (gated_) writes.upload(counts_, 0, std::as_bytes(std::span(groups_)));
    commands_.end(begin_);
}

}  // namespace attune
