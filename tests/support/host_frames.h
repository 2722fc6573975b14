// A host's frame loop: some frames in flight, each with a command buffer and a fence.
#pragma once

#include "support/own_device.h"

#include <attune/frames.hpp>

#include <functional>
#include <vector>

namespace attune::test {

class HostFrames {
public:
    HostFrames(const OwnDevice& own, std::uint32_t slots);
    ~HostFrames();   // waits
    HostFrames(const HostFrames&)            = delete;
    HostFrames& operator=(const HostFrames&) = delete;

    // The next frame: waits for the one that had its slot, has it recorded and submits it. If recording throws, nothing
    // is submitted and the frame's number is used up. Returns its number.
    std::uint64_t frame(const std::function<void(const FrameTarget&)>& record);
    // Waits until this frame is over.
    void wait(std::uint64_t frame);
    // The newest frame that is over, as far as has been waited for.
    std::uint64_t over() const noexcept { return over_; }

private:
    struct Slot {
        VkCommandBuffer commands = VK_NULL_HANDLE;
        VkFence         fence = VK_NULL_HANDLE;
        std::uint64_t   frame = 0;   // that was submitted; 0: none
    };
    void submit(Slot& slot);

    const OwnDevice&  own_;
    VkCommandPool     pool_ = VK_NULL_HANDLE;
    std::vector<Slot> slots_;
    std::uint64_t     newest_ = 0, over_ = 0;
};

}  // namespace attune::test
