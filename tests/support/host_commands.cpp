#include "support/host_commands.h"

namespace attune::test {

HostCommands::HostCommands(const OwnDevice& own) : own_(own) {
    const VkCommandPoolCreateInfo pool{.sType            = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                       .pNext            = nullptr,
                                       .flags            = 0,
                                       .queueFamilyIndex = own.queue_family()};
    vulkan::check(own.get<PFN_vkCreateCommandPool>("vkCreateCommandPool")(own.device(), &pool, nullptr, &pool_),
                  "vkCreateCommandPool");
    const VkFenceCreateInfo fence{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, .pNext = nullptr, .flags = 0};
    vulkan::check(own.get<PFN_vkCreateFence>("vkCreateFence")(own.device(), &fence, nullptr, &fence_), "vkCreateFence");
}

HostCommands::~HostCommands() {
    own_.get<PFN_vkDestroyFence>("vkDestroyFence")(own_.device(), fence_, nullptr);
    own_.get<PFN_vkDestroyCommandPool>("vkDestroyCommandPool")(own_.device(), pool_, nullptr);
}

void HostCommands::run(const std::function<void(VkCommandBuffer)>& record) {
    VkCommandBuffer                   commands = VK_NULL_HANDLE;
    const VkCommandBufferAllocateInfo allocate{.sType              = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                               .pNext              = nullptr,
                                               .commandPool        = pool_,
                                               .level              = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                               .commandBufferCount = 1};
    vulkan::check(
        own_.get<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers")(own_.device(), &allocate, &commands),
        "vkAllocateCommandBuffers");
    const auto free = [&] {
        own_.get<PFN_vkFreeCommandBuffers>("vkFreeCommandBuffers")(own_.device(), pool_, 1, &commands);
    };
    const VkCommandBufferBeginInfo begin{.sType            = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                         .pNext            = nullptr,
                                         .flags            = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
                                         .pInheritanceInfo = nullptr};
    vulkan::check(own_.get<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(commands, &begin), "vkBeginCommandBuffer");
    try {
        record(commands);
    } catch (...) {
        free();
        throw;
    }
    vulkan::check(own_.get<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(commands), "vkEndCommandBuffer");
    submit(commands);
    free();
}

void HostCommands::submit(VkCommandBuffer commands) {
    const VkSubmitInfo submit{.sType                = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                              .pNext                = nullptr,
                              .waitSemaphoreCount   = 0,
                              .pWaitSemaphores      = nullptr,
                              .pWaitDstStageMask    = nullptr,
                              .commandBufferCount   = 1,
                              .pCommandBuffers      = &commands,
                              .signalSemaphoreCount = 0,
                              .pSignalSemaphores    = nullptr};
    vulkan::check(own_.get<PFN_vkQueueSubmit>("vkQueueSubmit")(own_.queue(), 1, &submit, fence_), "vkQueueSubmit");
    vulkan::check(own_.get<PFN_vkWaitForFences>("vkWaitForFences")(own_.device(), 1, &fence_, VK_TRUE, UINT64_MAX),
                  "vkWaitForFences");
    vulkan::check(own_.get<PFN_vkResetFences>("vkResetFences")(own_.device(), 1, &fence_), "vkResetFences");
}

}  // namespace attune::test
