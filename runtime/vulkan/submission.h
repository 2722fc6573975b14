// Work for a queue, and the queue: one submission, one lock.
#pragma once

#include "vulkan/functions.h"

#include <attune/device.hpp>

#include <mutex>
#include <span>

namespace attune::vulkan {

struct SemaphoreWait {
    VkSemaphore          semaphore = VK_NULL_HANDLE;
    std::uint64_t        value     = 0;                                   // of a timeline; 0: a binary semaphore
    VkPipelineStageFlags stages    = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;  // what waits
};

struct SemaphoreSignal {
    VkSemaphore   semaphore = VK_NULL_HANDLE;
    std::uint64_t value     = 0;
};

struct Submission {
    std::span<const VkCommandBuffer> commands = {};
    std::span<const SemaphoreWait>   waits    = {};
    std::span<const SemaphoreSignal> signals  = {};
    VkFence                          fence    = VK_NULL_HANDLE;  // signalled when all of it has ended
};

// A queue of a device. Thread-safe.
class SubmitQueue {
public:
    // With `import`'s queue and hooks. `timeline`: such semaphores may be used.
    SubmitQueue(const Device::Import& import, const Device::Queue& queue, bool timeline);

    // Locks around vkQueueSubmit and nothing else, or calls the host's submit without any lock. Allocates nothing for
    // up to a dozen semaphores. Throws usage for a value where there are no timelines.
    VkResult submit(const DeviceFunctions& vk, const Submission& submission);
    // Throws what submit() would for the values of its semaphores.
    void check_values(const Submission& submission) const;

    const Device::Queue& queue() const noexcept { return queue_; }
    bool                 asks_host() const noexcept { return static_cast<bool>(submit_); }
    bool                 locks_host() const noexcept { return static_cast<bool>(lock_); }

private:
    VkResult pass_on(const DeviceFunctions& vk, const VkSubmitInfo& info, VkFence fence);

    const Device::Queue                    queue_;
    const decltype(Device::Import::lock)   lock_, unlock_;
    const decltype(Device::Import::submit) submit_;
    const bool                             timeline_;
    std::mutex                             mutex_;  // where the host has no lock
};

}  // namespace attune::vulkan
