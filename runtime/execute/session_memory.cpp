#include "execute/session_memory.h"

#include <cstring>

namespace attune {
namespace {

std::uint64_t stored_bytes(const TensorDesc& desc) { return (desc.bytes() + 3) / 4 * 4; }

}  // namespace

void SessionMemory::grow(vulkan::Span& span, vulkan::Intent intent, std::uint64_t bytes) {
    if (bytes == 0 || (span && span.size() >= bytes)) return;
    span.reset();  // first: there may not be room for both
    span = commands_.context().memory().allocate(intent, bytes);
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

void SessionMemory::reserve(const Plan& plan) {
    grow(arena_, vulkan::Intent::device, plan.arena_bytes);
    grow(control_, vulkan::Intent::upload, plan.control_bytes);
    for (const NamedTensor& input : plan.inputs) {
        if (host_of(input)) continue;
        Stored&    stored = inputs_[input.name];
        const auto before = generation_;
        grow(stored.span, vulkan::Intent::device, stored_bytes(input.desc));
        if (const auto bound = bound_.find(input.name); before != generation_ && bound != bound_.end())
            bound->second.fresh = true;
    }
    for (const NamedTensor& output : plan.outputs) {
        if (host_of(output)) continue;
        Stored&    stored = outputs_[output.name];
        const auto bytes  = stored_bytes(output.desc);
        stored.filled     = stored.filled && stored.readback.size() >= bytes;
        grow(stored.span, vulkan::Intent::device, bytes);
        grow(stored.readback, vulkan::Intent::readback, bytes);
    }
    for (const NamedTensor& state : plan.states)
        if (!host_of(state)) reserve_state(state);
}

void SessionMemory::reserve_state(const NamedTensor& state) {
    const std::uint64_t bytes = stored_bytes(state.desc);
    const auto          found = states_.find(state.name);
    if (found != states_.end() && found->second.span.size() >= bytes) return;
    vulkan::Span larger = commands_.context().memory().allocate(vulkan::Intent::device, bytes);
    commands_.clear(larger);
    if (found == states_.end()) {
        states_.emplace(state.name, Stored{.desc = state.desc, .span = std::move(larger), .readback = {}});
    } else {
        commands_.copy(found->second.span, larger, found->second.span.size());
        found->second.span = std::move(larger);
    }
    ++generation_;
}

void SessionMemory::fill(const Plan& plan) {
    for (const NamedTensor& state : plan.states) {
        if (is_bound(state.name)) continue;
        Stored& stored = states_.at(state.name);
        if (stored.desc != state.desc) {
            commands_.clear(stored.span);
            stored.desc = state.desc;
        }
        if (bound_.contains(state.name)) upload(state, stored);
    }
    for (const NamedTensor& input : plan.inputs) {
        if (is_bound(input.name)) continue;
        if (!bound_.contains(input.name)) throw Error(Status::usage, input.name, "is an input that was not set");
        upload(input, inputs_.at(input.name));
    }
    for (const NamedTensor& control : plan.controls) copy_control(control);
    for (const NamedTensor& output : plan.outputs) {
        if (is_bound(output.name)) continue;
        Stored& stored = outputs_.at(output.name);
        stored.desc    = output.desc;
        stored.filled  = true;
    }
}

std::vector<std::byte> SessionMemory::converted(const Bound& bound, const TensorDesc& wanted, const std::string& name) {
    if (bound.desc.shape != wanted.shape ||
        (bound.desc.type != wanted.type && (wanted.type == Type::u32 || bound.desc.type == Type::u32)))
        throw Error(Status::bad_input, name, "was set as " + bound.desc.text() + ", the graph wants " + wanted.text());
    std::vector<std::byte> bytes = bound.bytes;
    if (bound.desc.type != wanted.type) {
        const Tensor tensor = Tensor::from_doubles(wanted, TensorView{bound.desc, bound.bytes}.doubles());
        bytes.assign(tensor.bytes().begin(), tensor.bytes().end());
    }
    bytes.resize(stored_bytes(wanted));
    return bytes;
}

void SessionMemory::upload(const NamedTensor& tensor, Stored& stored) {
    Bound& bound = bound_.at(tensor.name);
    if (!bound.fresh && stored.desc == tensor.desc) return;
    commands_.upload(stored.span, 0, converted(bound, tensor.desc, tensor.name));
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
    std::memcpy(control_.mapped().data() + tensor.offset, bound->second.bytes.data(), bound->second.bytes.size());
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
        if (theirs != other.states_.end() && theirs->second.desc == state.desc)
            commands_.copy(theirs->second.span, stored.span, stored_bytes(state.desc));
        else
            commands_.clear(stored.span);  // as fill() would there
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
    bound.fresh = true;
}

Tensor SessionMemory::read_state(const std::string& name) {
    if (is_bound(name)) throw Error(Status::usage, name, "lies in the host's buffer", "read it there");
    const auto found = states_.find(name);
    if (found == states_.end()) throw Error(Status::usage, name, "is neither an output of the last run nor a state");
    Tensor tensor(found->second.desc);
    commands_.download(found->second.span, tensor.bytes());
    return tensor;
}

TensorView SessionMemory::output(const std::string& name) const {
    if (is_bound(name)) throw Error(Status::usage, name, "lies in the host's buffer", "read it there");
    const Stored& stored = outputs_.at(name);
    if (!stored.filled)
        throw Error(Status::usage, name, "has been overwritten: a larger graph was prepared since the last run");
    return {stored.desc, std::span<const std::byte>(stored.readback.mapped()).first(stored.desc.bytes())};
}

SessionMemory::Place SessionMemory::place(const Plan& plan, const Location& location) const {
    const auto in = [&](const vulkan::Span& span) {
        return Place{span.buffer(), span.offset() + location.offset, location.bytes};
    };
    const auto of = [&](const NamedTensor& tensor, const std::map<std::string, Stored>& stored) {
        if (const HostBuffer* host = host_of(tensor))
            return Place{host->buffer, host->offset + location.offset, location.bytes};
        return in(stored.at(tensor.name).span);
    };
    switch (location.region) {
    case Region::arena: return in(arena_);
    case Region::control: return in(control_);
    case Region::state: return of(plan.states[location.index], states_);
    case Region::input: return of(plan.inputs[location.index], inputs_);
    case Region::output: return of(plan.outputs[location.index], outputs_);
    case Region::weight: break;
    }
    return {};
}

void SessionMemory::record_readback(const Plan& plan, VkCommandBuffer commands) const {
    const auto& vk = commands_.context().vk();
    full_barrier(vk, commands);
    for (const NamedTensor& output : plan.outputs) {
        if (is_bound(output.name)) continue;
        const Stored&      stored = outputs_.at(output.name);
        const VkBufferCopy copy{.srcOffset = stored.span.offset(),
                                .dstOffset = stored.readback.offset(),
                                .size      = stored_bytes(output.desc)};
        vk.CmdCopyBuffer(commands, stored.span.buffer(), stored.readback.buffer(), 1, &copy);
    }
    host_barrier(vk, commands);
}

}  // namespace attune
