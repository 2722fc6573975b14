#include "vulkan/submission.h"

#include <algorithm>
#include <array>
#include <memory_resource>
#include <vector>

namespace attune::vulkan {
namespace {

// The parts of semaphores side by side, as Vulkan wants them. On the stack as long as there are few.
struct Columns {
    explicit Columns(const Submission& submission)
        : waits(&memory), stages(&memory), signals(&memory), values(&memory) {
        waits.reserve(submission.waits.size());
        stages.reserve(submission.waits.size());
        signals.reserve(submission.signals.size());
        values.reserve(submission.waits.size() + submission.signals.size());
        for (const SemaphoreWait& wait : submission.waits) {
            waits.push_back(wait.semaphore);
            stages.push_back(wait.stages);
            values.push_back(wait.value);
        }
        for (const SemaphoreSignal& signal : submission.signals) {
            signals.push_back(signal.semaphore);
            values.push_back(signal.value);
        }
    }

    std::array<std::byte, 512>             stack;
    std::pmr::monotonic_buffer_resource    memory{stack.data(), stack.size()};
    std::pmr::vector<VkSemaphore>          waits;
    std::pmr::vector<VkPipelineStageFlags> stages;
    std::pmr::vector<VkSemaphore>          signals;
    std::pmr::vector<std::uint64_t>        values;  // of the waits, then of the signals
};

bool has_values(const Submission& submission) {
    const auto has = [](const auto& semaphore) { return semaphore.value != 0; };
    return std::ranges::any_of(submission.waits, has) || std::ranges::any_of(submission.signals, has);
}

std::uint32_t count(std::size_t size) { return static_cast<std::uint32_t>(size); }

}  // namespace

SubmitQueue::SubmitQueue(const Device::Import& import, const Device::Queue& queue, bool timeline)
    : queue_(queue), lock_(import.lock), unlock_(import.unlock), submit_(import.submit), timeline_(timeline) {}

void SubmitQueue::check_values(const Submission& submission) const {
    if (has_values(submission) && !timeline_)
        throw Error(Status::usage, "submit", "was given a value of a timeline, and the device has no such semaphores",
                    "enable timelineSemaphore and say so in Device::Import, or use binary semaphores");
}

VkResult SubmitQueue::submit(const DeviceFunctions& vk, const Submission& submission) {
    check_values(submission);
    const Columns columns(submission);
    const VkTimelineSemaphoreSubmitInfo timeline{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                                 .pNext = nullptr,
                                                 .waitSemaphoreValueCount   = count(columns.waits.size()),
                                                 .pWaitSemaphoreValues      = columns.values.data(),
                                                 .signalSemaphoreValueCount = count(columns.signals.size()),
                                                 .pSignalSemaphoreValues =
                                                     columns.values.data() + columns.waits.size()};
    const VkSubmitInfo                  info{.sType                = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                             .pNext                = has_values(submission) ? &timeline : nullptr,
                                             .waitSemaphoreCount   = count(columns.waits.size()),
                                             .pWaitSemaphores      = columns.waits.data(),
                                             .pWaitDstStageMask    = columns.stages.data(),
                                             .commandBufferCount   = count(submission.commands.size()),
                                             .pCommandBuffers      = submission.commands.data(),
                                             .signalSemaphoreCount = count(columns.signals.size()),
                                             .pSignalSemaphores    = columns.signals.data()};
    return pass_on(vk, info, submission.fence);
}

VkResult SubmitQueue::pass_on(const DeviceFunctions& vk, const VkSubmitInfo& info, VkFence fence) {
    if (submit_) return static_cast<VkResult>(submit_(queue_, info, fence));
    // Never both locks: a host that calls attune while it holds its own would wait for one that waits for it.
    std::unique_lock guard(mutex_, std::defer_lock);
    if (!lock_) guard.lock();
    if (lock_) lock_(queue_.family, queue_.index);
    const VkResult result = vk.QueueSubmit(queue_.handle, 1, &info, fence);
    if (unlock_) unlock_(queue_.family, queue_.index);
    return result;
}

}  // namespace attune::vulkan
