// What the engine asks of a guest that translates beside its drawing. Nothing here knows who that is.
#pragma once

#include "plan_recorder.h"

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace host {

enum class Mode {
    record,       // the guest records into the frame's command buffer
    plan,         // the guest tells its commands as data, the engine records them
    submit,       // the guest submits to the engine's queue between frames, under the engine's lock
    host_submit,  // the guest hands its command buffers to the engine, which submits them
};

struct GuestOptions {
    Mode          mode = Mode::record;
    std::string   model;                    // a folder
    std::uint64_t budget_us        = 1000;  // of GPU time per frame
    std::uint32_t frames_in_flight = 2;
};

struct Text {
    std::size_t count = 0;
    char        bytes[4096];
};

// One thread; every call returns without waiting for the GPU, and throws std::runtime_error where it fails.
class Guest {
public:
    virtual ~Guest() = default;

    virtual void push(const std::string& line) = 0;
    // Once per frame, while its command buffer is recording and outside a render pass.
    virtual void frame(VkCommandBuffer commands, std::uint64_t frame, std::uint32_t slot) = 0;
    // The GPU has finished this frame and all before it.
    virtual void retire(std::uint64_t frame) = 0;
    // The next translation, in the order of the lines; false while it is not done. And what it reads so far.
    virtual bool pull(Text& to)   = 0;
    virtual void so_far(Text& to) = 0;
};

// The engine, and what records commands given as data, have to outlive the guest. Throws
// std::runtime_error.
std::unique_ptr<Guest> make_guest(Engine& engine, PlanRecorder& plans, const GuestOptions& options);

}  // namespace host
