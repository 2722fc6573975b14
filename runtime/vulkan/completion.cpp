#include "vulkan/completion.h"

#include <algorithm>

namespace attune::vulkan {

Completions::Completions(Device::Context& context) : context_(context) {
    if (!context.enabled().timeline_semaphores) return;
    const VkSemaphoreTypeCreateInfo type{.sType         = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                         .pNext         = nullptr,
                                         .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
                                         .initialValue  = 0};
    const VkSemaphoreCreateInfo create{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type, .flags = 0};
    timeline_ = OwnedSemaphore(context, create, "vkCreateSemaphore");
}

std::uint64_t Completions::submit(const Submission& submission) {
    if (timeline_.get())
        submit_with_timeline(submission);
    else
        submit_with_fence(submission);
    return ++submitted_;
}

void Completions::submit_with_timeline(const Submission& submission) {
    signals_.assign(submission.signals.begin(), submission.signals.end());
    signals_.push_back({.semaphore = timeline_.get(), .value = submitted_ + 1});
    Submission ours = submission;
    ours.signals    = signals_;
    context_.submit(ours);
}

void Completions::submit_with_fence(const Submission& submission) {
    Slot& slot      = free_slot();
    slot.fence      = submission.fence ? submission.fence : slot.own.get();
    Submission ours = submission;
    ours.fence      = slot.fence;
    context_.submit(ours);
    slot.number = submitted_ + 1;
}

Completions::Slot& Completions::free_slot() {
    const auto oldest = std::min_element(slots_.begin(), slots_.end(),
                                         [](const Slot& a, const Slot& b) { return a.number < b.number; });
    if (oldest != slots_.end() && freed(*oldest)) return *oldest;
    const VkFenceCreateInfo create{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, .pNext = nullptr, .flags = 0};
    OwnedFence              fence(context_, create, "vkCreateFence");
    return slots_.emplace_back(Slot{.own = std::move(fence)});
}

bool Completions::freed(Slot& slot) {
    if (slot.number == 0) return true;
    const VkFence own = slot.own.get();
    // A fence of ours is looked at even if a later submission has finished, before it is reset; one of theirs may
    // have ended since.
    const bool ended = slot.fence == own || slot.number > reached_ ? signalled(slot) : true;
    if (!ended) return false;
    if (slot.fence == own) context_.check(context_.vk().ResetFences(context_.handle(), 1, &own), "vkResetFences");
    slot.number = 0;
    return true;
}

bool Completions::signalled(const Slot& slot) {
    const VkResult result = context_.vk().GetFenceStatus(context_.handle(), slot.fence);
    context_.check(result, "vkGetFenceStatus");
    if (result != VK_SUCCESS) return false;
    reached_ = std::max(reached_, slot.number);
    return true;
}

Completions::Slot& Completions::slot_of(std::uint64_t number) {
    return *std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) { return slot.number == number; });
}

bool Completions::finished(std::uint64_t number) {
    if (number <= reached_) return true;
    if (number > submitted_) return false;
    if (!timeline_.get()) return signalled(slot_of(number));
    context_.check(context_.vk().GetSemaphoreCounterValue(context_.handle(), timeline_.get(), &reached_),
                   "vkGetSemaphoreCounterValue");
    return number <= reached_;
}

void Completions::wait(std::uint64_t number) {
    if (number <= reached_) return;
    if (number > submitted_) throw Error(Status::usage, "wait", "was asked for what has not been submitted");
    if (timeline_.get()) {
        const VkSemaphore         semaphore = timeline_.get();
        const VkSemaphoreWaitInfo info{.sType          = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                       .pNext          = nullptr,
                                       .flags          = 0,
                                       .semaphoreCount = 1,
                                       .pSemaphores    = &semaphore,
                                       .pValues        = &number};
        wait_in_slices(context_, "vkWaitSemaphores", [&](const DeviceFunctions& vk, std::uint64_t nanoseconds) {
            return vk.WaitSemaphores(context_.handle(), &info, nanoseconds);
        });
    } else {
        const VkFence fence = slot_of(number).fence;
        wait_in_slices(context_, "vkWaitForFences", [&](const DeviceFunctions& vk, std::uint64_t nanoseconds) {
            return vk.WaitForFences(context_.handle(), 1, &fence, VK_TRUE, nanoseconds);
        });
    }
    reached_ = number;
}

}  // namespace attune::vulkan
