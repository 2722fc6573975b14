#include "execute/session_memory.h"

#include <algorithm>
#include <utility>

namespace attune {
namespace {

std::uint64_t stored_bytes(const TensorDesc& desc) { return (desc.bytes() + 3) / 4 * 4; }

}  // namespace

// Frees it, or leaves that to the frames that may use it.
void SessionMemory::give_up(vulkan::Span&& span) {
    struct Kept {
        std::shared_ptr<Device::Context> context;  // which the span needs
        vulkan::Span                     span;
    };
    if (span && frames_->any_in_flight())
        frames_->keep(std::make_shared<Kept>(commands_.shared_context(), std::move(span)));
    span.reset();
}

void SessionMemory::grow(vulkan::Span& span, MemoryClass of, std::uint64_t bytes) {
    if (bytes == 0 || (span && span.size() >= bytes)) return;
    give_up(std::move(span));  // first: there may not be room for both
    span = commands_.context().memory().allocate(of, bytes);
    ++generation_;
}

void SessionMemory::bind(const std::string& name, const HostBuffer& buffer) {
    const std::uint64_t alignment = commands_.context().info().offset_alignment;
    if (buffer.buffer && buffer.offset % alignment != 0)
        throw Error(Status::usage, name,
                    "is bound at byte " + std::to_string(buffer.offset) + " of a buffer, no multiple of " +
                        std::to_string(alignment));
    if (buffer.buffer)
        host_.insert_or_assign(name, buffer);
    else
        host_.erase(name);
    ++generation_;
}

const HostBuffer* SessionMemory::host_of(const NamedTensor& tensor) const {
    const auto found = host_.find(tensor.name);
    if (found == host_.end()) return nullptr;
    if (found->second.bytes < stored_bytes(tensor.desc))
        throw Error(Status::usage, tensor.name,
                    "is bound to " + std::to_string(found->second.bytes) + " bytes, " + tensor.desc.text() + " takes " +
                        std::to_string(stored_bytes(tensor.desc)));
    return &found->second;
}

BufferUse SessionMemory::use(const Plan& plan, BufferUse HostBuffer::*side) const {
    BufferUse all;
    for (const auto* tensors : {&plan.inputs, &plan.states, &plan.outputs})
        for (const NamedTensor& tensor : *tensors)
            if (const HostBuffer* buffer = host_of(tensor)) {
                all.stages |= (buffer->*side).stages;
                all.accesses |= (buffer->*side).accesses;
            }
    return all;
}

void SessionMemory::let_go() {
    for (vulkan::Span& span : left_) give_up(std::move(span));
    left_.clear();
}

void SessionMemory::reserve(const Plan& plan) {
    grow(arena_, MemoryClass::scratch, plan.arena_bytes);
    grow(control_, MemoryClass::upload, plan.control_bytes);
    if (counters_.size() < plan.counter_bytes) counting_ = false;
    grow(counters_, MemoryClass::state, plan.counter_bytes);
    if (control_image_.size() < plan.control_bytes) control_image_.resize(plan.control_bytes);
    for (const NamedTensor& input : plan.inputs) {
        if (host_of(input)) continue;
        Stored&    stored = inputs_[input.name];
        const auto before = generation_;
        grow(stored.span, MemoryClass::state, stored_bytes(input.desc));
        if (const auto bound = bound_.find(input.name); before != generation_ && bound != bound_.end())
            bound->second.fresh = true;
    }
    for (const NamedTensor& output : plan.outputs) {
        if (host_of(output)) continue;
        Stored&    stored = outputs_[output.name];
        const auto bytes  = stored_bytes(output.desc);
        grow(stored.span, MemoryClass::scratch, bytes);
        stored.readback.resize(frames_->slots());
        for (Readback& readback : stored.readback) {
            readback.filled = readback.filled && readback.span.size() >= bytes;
            grow(readback.span, MemoryClass::readback, bytes);
        }
    }
    for (const NamedTensor& state : plan.states)
        if (!host_of(state)) reserve_state(state);
}

void SessionMemory::reserve_state(const NamedTensor& state) {
    const std::uint64_t bytes = stored_bytes(state.desc);
    const auto          found = states_.find(state.name);
    if (found != states_.end() && found->second.span.size() >= bytes) return;
    vulkan::Span larger = commands_.context().memory().allocate(MemoryClass::state, bytes);
    Stored&      stored = found == states_.end() ? states_[state.name] : found->second;
    if (found == states_.end()) stored.desc = state.desc;
    if (stored.span && !stored.zero) stored.moved_from = std::move(stored.span);  // else it holds nothing yet
    if (stored.span) give_up(std::move(stored.span));
    stored.span = std::move(larger);
    stored.zero = true;
    ++generation_;
}

// A state that got larger memory: zeros, and what it held.
void SessionMemory::settle(Stored& stored, MemoryCommands& how) {
    if (stored.zero) how.clear(stored.span);
    stored.zero = false;
    if (stored.moved_from) how.copy(stored.moved_from, stored.span, stored.moved_from.size());
}

void SessionMemory::fill_state(const NamedTensor& state, MemoryCommands& how) {
    Stored& stored = states_.at(state.name);
    if (stored.desc != state.desc) {
        stored.desc = state.desc;
        stored.zero = true;
        give_up(std::move(stored.moved_from));
    }
    settle(stored, how);
    // Frames that nobody counts may copy from it until the host prepares something, and so says that they are over.
    if (stored.moved_from) left_.push_back(std::move(stored.moved_from));
    if (bound_.contains(state.name)) upload(state, stored, how);
}

void SessionMemory::forget_fill() {
    for (auto& [name, bound] : bound_) bound.fresh = true;
    counting_ = false;
}

void SessionMemory::fill(const Plan& plan, MemoryCommands& how) {
    for (const NamedTensor& state : plan.states)
        if (!is_bound(state.name)) fill_state(state, how);
    for (const NamedTensor& input : plan.inputs) {
        if (is_bound(input.name)) continue;
        if (!bound_.contains(input.name)) throw Error(Status::usage, input.name, "is an input that was not set");
        upload(input, inputs_.at(input.name), how);
    }
    for (const NamedTensor& control : plan.controls) copy_control(control);
    if (plan.counter_bytes && !counting_) how.clear(counters_);
    counting_ = counting_ || plan.counter_bytes;
    if (plan.control_bytes) how.upload(control_, 0, std::span(control_image_).first(plan.control_bytes));
}

void SessionMemory::spoil(MemoryCommands& how) const {
    const auto fill = [&](const vulkan::Span& span) {
        if (span) how.upload(span, 0, std::vector<std::byte>(span.size(), std::byte{0xff}));
    };
    fill(arena_);
    for (const auto& [name, output] : outputs_) fill(output.span);
}

void SessionMemory::read_back(const Plan& plan, std::uint32_t slot, MemoryCommands& how) {
    for (const NamedTensor& output : plan.outputs) {
        if (is_bound(output.name)) continue;
        Stored&   stored   = outputs_.at(output.name);
        Readback& readback = stored.readback.at(slot);
        how.copy(stored.span, readback.span, stored_bytes(output.desc));
        readback.filled = true;
    }
}

// ---- states that the host looks at behind a run -------------------------------------------------

const SessionMemory::Stored& SessionMemory::own_state(const std::string& name) const {
    if (is_bound(name)) throw Error(Status::usage, name, "lies in the host's buffer", "read it there");
    const auto found = states_.find(name);
    if (found == states_.end()) throw Error(Status::usage, name, "is no state");
    return found->second;
}

void SessionMemory::reserve_copy(const std::string& state) {
    own_state(state);
    Stored& stored = states_.at(state);
    stored.readback.resize(1);
    if (stored.readback[0].span.size() >= stored.span.size()) return;
    stored.readback[0].filled = false;
    grow(stored.readback[0].span, MemoryClass::readback, stored.span.size());
}

void SessionMemory::copy_back(const NamedTensor& state, MemoryCommands& how) {
    Stored& stored = states_.at(state.name);
    how.copy(stored.span, stored.readback.at(0).span, stored_bytes(state.desc));
    stored.readback[0].filled = true;
}

TensorView SessionMemory::copied(const std::string& state) const {
    const Stored& stored = own_state(state);
    if (stored.readback.empty() || !stored.readback[0].filled)
        throw Error(Status::usage, state, "has been overwritten: a larger graph was prepared since the last run");
    return {stored.desc, std::span<const std::byte>(stored.readback[0].span.mapped()).first(stored.desc.bytes())};
}

std::span<const std::byte> SessionMemory::converted(Bound& bound, const TensorDesc& wanted, const std::string& name) {
    if (bound.desc.shape != wanted.shape ||
        (bound.desc.type != wanted.type && (wanted.type == Type::u32 || bound.desc.type == Type::u32)))
        throw Error(Status::bad_input, name, "was set as " + bound.desc.text() + ", the graph wants " + wanted.text());
    if (bound.desc.type == wanted.type) return bound.bytes;
    const TensorView view{bound.desc, std::span(bound.bytes).first(bound.desc.bytes())};
    const Tensor     tensor = Tensor::from_doubles(wanted, view.doubles());
    bound.converted.assign(tensor.bytes().begin(), tensor.bytes().end());
    bound.converted.resize(stored_bytes(wanted));
    return bound.converted;
}

void SessionMemory::upload(const NamedTensor& tensor, Stored& stored, MemoryCommands& how) {
    Bound& bound = bound_.at(tensor.name);
    if (!bound.fresh && stored.desc == tensor.desc) return;
    how.upload(stored.span, 0, converted(bound, tensor.desc, tensor.name));
    stored.desc = tensor.desc;
    bound.fresh = false;
}

// Controls are copied before every run: they are small, and plans lay them out differently.
void SessionMemory::copy_control(const NamedTensor& tensor) {
    const auto bound = bound_.find(tensor.name);
    if (bound == bound_.end()) throw Error(Status::usage, tensor.name, "is a control that was not set");
    if (bound->second.desc != tensor.desc)
        throw Error(Status::bad_input, tensor.name,
                    "was set as " + bound->second.desc.text() + ", the graph wants " + tensor.desc.text());
    std::ranges::copy(std::span(bound->second.bytes).first(tensor.desc.bytes()),
                      control_image_.begin() + static_cast<std::ptrdiff_t>(tensor.offset));
}

void SessionMemory::copy_from(const SessionMemory& other, const Plan& plan) {
    bound_ = other.bound_;
    for (const NamedTensor& input : plan.inputs)
        if (const auto bound = bound_.find(input.name); bound != bound_.end()) bound->second.fresh = true;
    for (const NamedTensor& state : plan.states) {
        if (other.is_bound(state.name)) throw Error(Status::usage, state.name, "lies in the host's buffer");
        Stored&    stored = states_.at(state.name);
        const auto theirs = other.states_.find(state.name);
        stored.desc       = state.desc;
        stored.zero       = false;
        commands_.clear(stored.span);  // as fill() would there
        if (theirs == other.states_.end() || theirs->second.desc != state.desc) continue;
        const vulkan::Span& source = theirs->second.moved_from ? theirs->second.moved_from : theirs->second.span;
        if (theirs->second.moved_from || !theirs->second.zero)
            commands_.copy(source, stored.span, std::min(stored_bytes(state.desc), source.size()));
    }
}

void SessionMemory::set(const std::string& name, const TensorView& view) {
    if (view.bytes.size() != view.desc.bytes())
        throw Error(Status::usage, name,
                    "is set with " + std::to_string(view.bytes.size()) + " bytes, " + view.desc.text() + " has " +
                        std::to_string(view.desc.bytes()));
    Bound& bound = bound_[name];
    bound.desc   = view.desc;
    bound.bytes.assign(view.bytes.begin(), view.bytes.end());
    bound.bytes.resize(stored_bytes(view.desc));
    bound.fresh = true;
}

Tensor SessionMemory::read_state(const std::string& name) {
    if (is_bound(name)) throw Error(Status::usage, name, "lies in the host's buffer", "read it there");
    const auto found = states_.find(name);
    if (found == states_.end()) throw Error(Status::usage, name, "is neither an output of the last run nor a state");
    settle(found->second, commands_);
    found->second.moved_from.reset();
    Tensor tensor(found->second.desc);
    commands_.download(found->second.span, tensor.bytes());
    return tensor;
}

TensorView SessionMemory::output(const NamedTensor& output, std::uint32_t slot) const {
    if (is_bound(output.name)) throw Error(Status::usage, output.name, "lies in the host's buffer", "read it there");
    const Readback& readback = outputs_.at(output.name).readback.at(slot);
    if (!readback.filled)
        throw Error(Status::usage, output.name, "has been overwritten: a larger graph was prepared since the last run");
    return {output.desc, std::span<const std::byte>(readback.span.mapped()).first(output.desc.bytes())};
}

Place SessionMemory::place(const Plan& plan, const Location& location) const {
    const auto in = [&](const vulkan::Span& span) {
        return Place{span.buffer(), span.offset() + location.offset, location.bytes, span.block()};
    };
    const auto of = [&](const NamedTensor& tensor, const std::map<std::string, Stored>& stored) {
        if (const HostBuffer* host = host_of(tensor))
            return Place{host->buffer, host->offset + location.offset, location.bytes, 0};
        return in(stored.at(tensor.name).span);
    };
    switch (location.region) {
    case Region::arena: return in(arena_);
    case Region::control: return in(control_);
    case Region::counter: return in(counters_);
    case Region::state: return of(plan.states[location.index], states_);
    case Region::input: return of(plan.inputs[location.index], inputs_);
    case Region::output: return of(plan.outputs[location.index], outputs_);
    case Region::weight: break;
    }
    return {};
}

}  // namespace attune
