#include "support/fake_queue.h"

#include <algorithm>

namespace attune::test {

void FakeQueue::violate(const std::string& what) {
    if (violation_.empty()) violation_ = what;
}

std::string FakeQueue::violation() const {
    const std::lock_guard guard(mutex_);
    return violation_;
}

std::size_t FakeQueue::submitted() const {
    const std::lock_guard guard(mutex_);
    return submitted_;
}

std::size_t FakeQueue::finished() const {
    const std::lock_guard guard(mutex_);
    return finished_;
}

FakeQueue::Submitted FakeQueue::last() const {
    const std::lock_guard guard(mutex_);
    return last_;
}

std::uint64_t FakeQueue::value(VkSemaphore semaphore) const {
    const std::lock_guard guard(mutex_);
    const auto            found = values_.find(semaphore);
    return found == values_.end() ? 0 : found->second;
}

void FakeQueue::signal(VkSemaphore semaphore, std::uint64_t value) {
    const std::lock_guard guard(mutex_);
    if (value)
        values_[semaphore] = value;
    else
        signalled_.insert(semaphore);
}

// ---- what runs ----------------------------------------------------------------------------------

bool FakeQueue::step() {
    const std::lock_guard guard(mutex_);
    return step_locked();
}

bool FakeQueue::step_locked() {
    if (pending_.empty()) return false;
    const Submitted next = pending_.front();
    for (const Semaphore& wait : next.waits)
        if (wait.value ? values_[wait.handle] < wait.value : !signalled_.contains(wait.handle)) return false;
    for (const Semaphore& wait : next.waits)
        if (!wait.value) signalled_.erase(wait.handle);
    for (const Semaphore& signal : next.signals) {
        if (!signal.value) {
            if (!signalled_.insert(signal.handle).second) violate("a binary semaphore is signalled twice");
        } else {
            if (values_[signal.handle] >= signal.value)
                violate("a timeline goes back to " + std::to_string(signal.value));
            values_[signal.handle] = signal.value;
        }
    }
    if (next.fence) fences_.insert(next.fence);
    pending_.pop_front();
    ++finished_;
    return true;
}

// ---- Vulkan's side ------------------------------------------------------------------------------

FakeQueue::Submitted FakeQueue::read(const VkSubmitInfo& info, VkFence fence) {
    const auto* values = static_cast<const VkTimelineSemaphoreSubmitInfo*>(info.pNext);
    if (values && (values->sType != VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO ||
                   values->waitSemaphoreValueCount != info.waitSemaphoreCount ||
                   values->signalSemaphoreValueCount != info.signalSemaphoreCount))
        violate("the values are not those of the semaphores");
    Submitted result{.commands = {info.pCommandBuffers, info.pCommandBuffers + info.commandBufferCount},
                     .fence    = fence};
    for (std::uint32_t i = 0; i < info.waitSemaphoreCount; ++i)
        result.waits.push_back(
            {info.pWaitSemaphores[i], values ? values->pWaitSemaphoreValues[i] : 0, info.pWaitDstStageMask[i]});
    for (std::uint32_t i = 0; i < info.signalSemaphoreCount; ++i)
        result.signals.push_back({info.pSignalSemaphores[i], values ? values->pSignalSemaphoreValues[i] : 0, 0});
    return result;
}

VkResult FakeQueue::submit(std::uint32_t count, const VkSubmitInfo* infos, VkFence fence) {
    const bool            alone = ++submitting_ == 1;
    const std::lock_guard guard(mutex_);
    if (!alone) violate("two threads submit at once");
    if (count != 1) violate("not one submission at a time");
    if (fence && (fences_.contains(fence) || is_pending(fence)))
        violate("a fence is submitted that is signalled or in use");
    last_ = read(infos[0], fence);
    for (const Semaphore& wait : last_.waits)
        if (!wait.stages) violate("a wait of no stage");
    pending_.push_back(last_);
    ++submitted_;
    while (eager && step_locked()) {}
    --submitting_;
    return VK_SUCCESS;
}

bool FakeQueue::is_pending(VkFence fence) const {
    return std::any_of(pending_.begin(), pending_.end(), [&](const Submitted& one) { return one.fence == fence; });
}

VkResult FakeQueue::status(VkFence fence) {
    const std::lock_guard guard(mutex_);
    return fences_.contains(fence) ? VK_SUCCESS : VK_NOT_READY;
}

VkResult FakeQueue::reset(std::uint32_t count, const VkFence* fences) {
    const std::lock_guard guard(mutex_);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (is_pending(fences[i])) violate("a fence is reset that is in use");
        fences_.erase(fences[i]);
    }
    return VK_SUCCESS;
}

template <class Done> VkResult FakeQueue::wait_until(Done&& done) {
    const std::lock_guard guard(mutex_);
    if (done()) return VK_SUCCESS;
    if (timeouts > 0) {
        --timeouts;
        return VK_TIMEOUT;
    }
    while (!done())
        if (!step_locked()) {
            violate("what is waited for never comes");
            return VK_ERROR_DEVICE_LOST;
        }
    return VK_SUCCESS;
}

VkResult FakeQueue::wait(std::uint32_t count, const VkFence* fences) {
    return wait_until(
        [&] { return std::all_of(fences, fences + count, [&](VkFence fence) { return fences_.contains(fence); }); });
}

VkResult FakeQueue::wait(const VkSemaphoreWaitInfo& info) {
    return wait_until([&] {
        for (std::uint32_t i = 0; i < info.semaphoreCount; ++i)
            if (values_[info.pSemaphores[i]] < info.pValues[i]) return false;
        return true;
    });
}

VkResult FakeQueue::counter(VkSemaphore semaphore, std::uint64_t* value) {
    const std::lock_guard guard(mutex_);
    *value = values_[semaphore];
    return VK_SUCCESS;
}

}  // namespace attune::test
