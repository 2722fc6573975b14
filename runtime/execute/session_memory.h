// The memory of a session: arena, states, inputs, outputs and the control slot. Every change of an
// address raises `generation`: what was recorded before it must be recorded again.
#pragma once

#include "execute/commands.h"
#include "plan/plan.h"

#include <attune/session.hpp>

#include <map>
#include <string>

namespace attune {

class SessionMemory {
public:
    explicit SessionMemory(Commands& commands) : commands_(commands) {}

    // Makes room for everything that a plan names. States keep their contents, an output that has to move loses
    // them. When it throws, what it had not come to is as it was.
    void reserve(const Plan& plan);

    // Gives states that the plan describes differently their new description, as zeros; uploads what was
    // set since; fills the control slot. Throws usage for an input or control that was never set.
    void fill(const Plan& plan);

    // Takes over what was set in another session's memory and, by copies on the device, what the plan's states
    // hold there. reserve(plan) comes before, fill(plan) after.
    void copy_from(const SessionMemory& other, const Plan& plan);

    void   bind(const std::string& name, const HostBuffer& buffer);
    bool   is_bound(const std::string& name) const { return host_.contains(name); }
    void   set(const std::string& name, const TensorView& view);
    Tensor read_state(const std::string& name);

    // Host memory of an output's copy; throws usage if it has been moved since fill().
    TensorView output(const std::string& name) const;

    struct Place {
        VkBuffer     buffer = VK_NULL_HANDLE;
        VkDeviceSize offset = 0;
        VkDeviceSize bytes  = 0;
    };
    // Everything but weights.
    Place place(const Plan& plan, const Location& location) const;
    // Copies of outputs to host memory, for the end of a recording.
    void record_readback(const Plan& plan, VkCommandBuffer commands) const;

    // All that hosts do with the buffers that a plan uses: before, or after, its commands.
    BufferUse use_before(const Plan& plan) const { return use(plan, &HostBuffer::before); }
    BufferUse use_after(const Plan& plan) const { return use(plan, &HostBuffer::after); }

    std::uint64_t generation() const noexcept { return generation_; }

private:
    struct Stored {
        TensorDesc   desc;
        vulkan::Span span;
        vulkan::Span readback;        // outputs
        bool         filled = false;  // outputs: a run wrote it where it lies now, or will
    };
    struct Bound {
        TensorDesc             desc;
        std::vector<std::byte> bytes;
        bool                   fresh = false;  // not yet on the device
    };

    BufferUse use(const Plan& plan, BufferUse HostBuffer::*side) const;
    // The host's buffer that holds a tensor, if one does. Throws usage if it is too small.
    const HostBuffer*             host_of(const NamedTensor& tensor) const;
    void                          grow(vulkan::Span& span, vulkan::Intent intent, std::uint64_t bytes);
    void                          reserve_state(const NamedTensor& state);
    void                          upload(const NamedTensor& tensor, Stored& stored);
    void                          copy_control(const NamedTensor& tensor);
    static std::vector<std::byte> converted(const Bound& bound, const TensorDesc& wanted, const std::string& name);

    Commands&                         commands_;
    vulkan::Span                      arena_, control_;
    std::map<std::string, Stored>     states_, inputs_, outputs_;
    std::map<std::string, Bound>      bound_;  // what was set
    std::map<std::string, HostBuffer> host_;
    std::uint64_t                     generation_ = 0;
};

}  // namespace attune
