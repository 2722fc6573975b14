// A host's own command buffers and fence.
#pragma once

#include "support/own_device.h"

#include <functional>

namespace attune::test {

class HostCommands {
public:
    explicit HostCommands(const OwnDevice& own);
    ~HostCommands();
    HostCommands(const HostCommands&)            = delete;
    HostCommands& operator=(const HostCommands&) = delete;

    // Has a command buffer recorded, submits it and waits. If recording throws, it is thrown away.
    void run(const std::function<void(VkCommandBuffer)>& record);

private:
    void submit(VkCommandBuffer commands);

    const OwnDevice& own_;
    VkCommandPool    pool_  = VK_NULL_HANDLE;
    VkFence          fence_ = VK_NULL_HANDLE;
};

}  // namespace attune::test
