// When submissions have finished.
#pragma once

#include "vulkan/owned.h"
#include "vulkan/submission.h"

#include <vector>

namespace attune::vulkan {

// Waits in slices, so that another thread that learns of the device's loss ends the wait. `once` waits for so many
// nanoseconds. Throws only when the device cannot be at work on it any more, or is lost.
template <class Once> void wait_in_slices(Device::Context& context, const char* call, Once&& once) {
    constexpr std::uint64_t slice  = 1'000'000'000;
    VkResult                failed = VK_SUCCESS;
    for (;;) {
        const VkResult result = once(context.vk(), slice);  // vk() throws after a loss
        if (result == VK_SUCCESS) break;
        if (result == VK_TIMEOUT) continue;
        // The device may still be at work on memory that our caller gives back once we throw, so wait again
        // first. Who fails twice cannot be waited for: that device is as good as lost.
        if (result == VK_ERROR_DEVICE_LOST || failed != VK_SUCCESS) context.lose(call);
        failed = result;
    }
    context.check(failed, call);
}

// Submits, and knows what has finished: by a timeline of its own where the device has them, else by fences, which
// are used again. Submissions finish in their order. One thread at a time; in steady state nothing is made. All
// must have finished before it ends.
class Completions {
public:
    explicit Completions(Device::Context& context);

    // Gives the submission a number: 1, then one more each time. If it throws, nothing was submitted. A fence that the
    // submission brings must not be reset before finished() or wait() has said that it has finished.
    std::uint64_t submit(const Submission& submission);

    // Does not wait. 0 has always finished, a number that was not given yet has not.
    bool finished(std::uint64_t number);
    void wait(std::uint64_t number);

    std::uint64_t submitted() const noexcept { return submitted_; }

private:
    struct Slot {
        OwnedFence    own;
        VkFence       fence = VK_NULL_HANDLE;  // the own one, or the submission's
        std::uint64_t number =
            0;  // of the submission that signals it; 0: the slot is free, and its own fence not signalled
    };
    void  submit_with_timeline(const Submission& submission);
    void  submit_with_fence(const Submission& submission);
    Slot& free_slot();
    bool  freed(Slot& slot);
    Slot& slot_of(std::uint64_t number);
    bool  signalled(const Slot& slot);

    Device::Context&             context_;
    std::uint64_t                submitted_ = 0, reached_ = 0;
    OwnedSemaphore               timeline_;  // its value: the last number that has finished
    std::vector<SemaphoreSignal> signals_;
    std::vector<Slot>            slots_;
};

}  // namespace attune::vulkan
