// Frames of attune's own: recorded into a few command buffers in turn, submitted to the device's queue, and known to
// have finished. One thread at a time.
#pragma once

#include "execute/commands.h"
#include "vulkan/completion.h"

#include <optional>

namespace attune {

class OwnFrames {
public:
    // `frames`: of the sessions that record. As many command buffers as it has slots are made with the first frame.
    OwnFrames(std::shared_ptr<Device::Context> context, std::shared_ptr<Frames> frames);
    OwnFrames(const OwnFrames&)            = delete;
    OwnFrames& operator=(const OwnFrames&) = delete;
    ~OwnFrames();  // waits

    // A command buffer that is recording, for the next frame; none while all are at work.
    std::optional<FrameTarget> begin();
    // What begin() gave last, recorded by `record`, and submitted. If either throws, nothing was submitted; what is wrong
    // with `sync` is said before anything is recorded.
    template <class Record> void submit(const FrameTarget& target, const SubmitSync& sync, Record&& record) {
        try {
            accept(sync);
            record();
        } catch (...) {
            abandon(target);
            throw;
        }
        submit(target, sync.fence);
    }

    // Retires the frames that have finished; poll() does not wait.
    void poll();
    void wait();

private:
    struct Slot {
        VkCommandBuffer commands   = VK_NULL_HANDLE;
        std::uint64_t   frame      = FrameTarget::uncounted;  // that has it, if one does
        std::uint64_t   submission = 0;  // its number
    };
    void make();
    void accept(const SubmitSync& sync);
    void submit(const FrameTarget& target, VkFence fence);
    void abandon(const FrameTarget& target) noexcept;

    std::shared_ptr<Device::Context>     context_;
    std::shared_ptr<Frames>              frames_;
    Commands                             pool_;
    std::optional<vulkan::Completions>   completions_;
    std::vector<Slot>                    slots_;
    std::vector<vulkan::SemaphoreWait>   waits_;
    std::vector<vulkan::SemaphoreSignal> signals_;
};

}  // namespace attune
