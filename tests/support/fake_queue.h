// A queue, its fences and its timelines as the specification has them, without a driver: what is submitted runs, in
// order, when the test says so. VulkanShim::queue stands between attune and the driver's.
#pragma once

#include "vulkan/functions.h"

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace attune::test {

class FakeQueue {
public:
    struct Semaphore {
        VkSemaphore          handle                             = VK_NULL_HANDLE;
        std::uint64_t        value                              = 0;  // 0: binary
        VkPipelineStageFlags stages                             = 0;  // of a wait
        bool                 operator==(const Semaphore&) const = default;
    };
    struct Submitted {
        std::vector<VkCommandBuffer> commands = {};
        std::vector<Semaphore>       waits = {}, signals = {};
        VkFence                      fence = VK_NULL_HANDLE;
    };

    // ---- the test's side

    bool          eager    = false;  // what is submitted has run
    std::uint64_t timeouts = 0;      // so often a wait says first that its time is over

    // Runs the next submission, unless what it waits for has not been signalled.
    bool          step();
    std::size_t   submitted() const;  // so far
    std::size_t   finished() const;
    Submitted     last() const;
    void          signal(VkSemaphore semaphore, std::uint64_t value);  // by somebody else
    std::uint64_t value(VkSemaphore semaphore) const;
    std::string   violation() const;  // "" or what happened first

    // ---- Vulkan's

    VkResult submit(std::uint32_t count, const VkSubmitInfo* infos, VkFence fence);
    VkResult status(VkFence fence);
    VkResult reset(std::uint32_t count, const VkFence* fences);
    VkResult wait(std::uint32_t count, const VkFence* fences);
    VkResult wait(const VkSemaphoreWaitInfo& info);
    VkResult counter(VkSemaphore semaphore, std::uint64_t* value);

private:
    Submitted                      read(const VkSubmitInfo& info, VkFence fence);
    bool                           step_locked();
    bool                           is_pending(VkFence fence) const;
    void                           violate(const std::string& what);
    template <class Done> VkResult wait_until(Done&& done);

    std::atomic<int>                     submitting_{0};
    mutable std::mutex                   mutex_;  // for all below
    std::deque<Submitted>                pending_;
    Submitted                            last_;
    std::size_t                          submitted_ = 0, finished_ = 0;
    std::map<VkSemaphore, std::uint64_t> values_;     // of timelines
    std::set<VkSemaphore>                signalled_;  // binary ones
    std::set<VkFence>                    fences_;     // signalled
    std::string                          violation_;
};

}  // namespace attune::test
