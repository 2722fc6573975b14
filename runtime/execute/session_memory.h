// The memory of a session: arena, states, inputs, outputs, controls and counters. Every change of an address raises
// `generation`: what was recorded before it must be recorded again.
#pragma once

#include "execute/commands.h"
#include "plan/plan.h"

#include <attune/session.hpp>

#include <map>
#include <string>

namespace attune {

// Bytes of a buffer, ours or a host's.
struct Place {
    VkBuffer      buffer = VK_NULL_HANDLE;
    VkDeviceSize  offset = 0;
    VkDeviceSize  bytes  = 0;
    std::uint64_t block  = 0;  // Span::block(); 0 of a host's buffer
};

class SessionMemory {
public:
    // What frames in flight may use is left to `frames` when it is given up here.
    SessionMemory(Commands& commands, std::shared_ptr<Frames> frames)
        : commands_(commands), frames_(std::move(frames)) {}

    // Makes room for everything that a plan names. States keep their contents (with the next fill), an output that
    // has to move loses them. When it throws, what it had not come to is as it was.
    void reserve(const Plan& plan);

    // Before each run: gives states that the plan describes differently their new description, as zeros; uploads what was
    // set since; writes the controls. Throws usage for an input or control that was never set. What is
    // uploaded stays where it is until something is set again.
    void fill(const Plan& plan, MemoryCommands& how);
    // Before a run that is to be judged: arena and outputs, on whose contents nothing may depend, become NaN, of ids 2^32 - 1.
    // What was there may come from a run that was right.
    void spoil(MemoryCommands& how) const;
    // For the end of a run: copies outputs to where the host reads them, a place for each slot of the frames.
    void read_back(const Plan& plan, std::uint32_t slot, MemoryCommands& how);

    // The same for a state, which a run leaves in place: room for a copy, the copy, and its numbers.
    void       reserve_copy(const std::string& state);
    void       copy_back(const NamedTensor& state, MemoryCommands& how);
    TensorView copied(const std::string& state) const;

    // Where a state of ours lies. Throws usage for others.
    const vulkan::Span& state(const std::string& name) const { return own_state(name).span; }

    // Frames that nobody counts are over, or there are none: frees what states moved from, once counted ones are, too.
    void let_go();

    // What fill() gave to commands that never ran counts as not uploaded.
    void forget_fill();

    // Takes over what was set in another session's memory and, by copies on the device, what the plan's states
    // hold there. reserve(plan) comes before, fill(plan) after.
    void copy_from(const SessionMemory& other, const Plan& plan);

    void   bind(const std::string& name, const HostBuffer& buffer);
    bool   is_bound(const std::string& name) const { return host_.contains(name); }
    void   set(const std::string& name, const TensorView& view);
    Tensor read_state(const std::string& name);

    // Host memory of an output's copy; throws usage if it has been moved since read_back().
    TensorView output(const NamedTensor& output, std::uint32_t slot) const;

    // Everything but weights.
    Place place(const Plan& plan, const Location& location) const;
    // All that hosts do with the buffers that a plan uses: before, or after, its commands.
    BufferUse use_before(const Plan& plan) const { return use(plan, &HostBuffer::before); }
    BufferUse use_after(const Plan& plan) const { return use(plan, &HostBuffer::after); }

    // Those that commands over this memory are recorded into.
    Frames& frames() const noexcept { return *frames_; }

    std::uint64_t generation() const noexcept { return generation_; }

private:
    struct Readback {
        vulkan::Span span;
        bool         filled = false;  // a run wrote it where it lies now, or will
    };
    struct Stored {
        TensorDesc            desc;
        vulkan::Span          span;
        std::vector<Readback> readback;      // outputs: one for each slot; states: one, if wanted
        bool                  zero = false;  // states: to be cleared first
        vulkan::Span          moved_from;    // states: then to be copied from here
    };
    struct Bound {
        TensorDesc             desc;
        std::vector<std::byte> bytes;          // whole words
        std::vector<std::byte> converted;      // as a graph wanted it that has another type
        bool                   fresh = false;  // not yet on the device
    };

    const Stored& own_state(const std::string& name) const;
    BufferUse     use(const Plan& plan, BufferUse HostBuffer::*side) const;
    // The host's buffer that holds a tensor, if one does. Throws usage if it is too small.
    const HostBuffer*                 host_of(const NamedTensor& tensor) const;
    void                              grow(vulkan::Span& span, MemoryClass of, std::uint64_t bytes);
    void                              give_up(vulkan::Span&& span);
    void                              reserve_state(const NamedTensor& state);
    void                              fill_state(const NamedTensor& state, MemoryCommands& how);
    void                              upload(const NamedTensor& tensor, Stored& stored, MemoryCommands& how);
    void                              copy_control(const NamedTensor& tensor);
    static void                       settle(Stored& stored, MemoryCommands& how);
    static std::span<const std::byte> converted(Bound& bound, const TensorDesc& wanted, const std::string& name);

    Commands&                         commands_;
    std::shared_ptr<Frames>           frames_;
    vulkan::Span                      arena_, control_, counters_;
    bool                              counting_ = false;  // counters_ are 0 between dispatches
    std::vector<vulkan::Span>         left_;  // memory of states that have moved, which commands may still copy from
    std::vector<std::byte>            control_image_;  // what control_ holds, or will
    std::map<std::string, Stored>     states_, inputs_, outputs_;
    std::map<std::string, Bound>      bound_;  // what was set
    std::map<std::string, HostBuffer> host_;
    std::uint64_t                     generation_ = 0;
};

}  // namespace attune
