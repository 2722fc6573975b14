#include "support/host_frames.h"

#include <algorithm>

namespace attune::test {

HostFrames::HostFrames(const OwnDevice& own, std::uint32_t slots) : own_(own), slots_(slots) {
    VkCommandPoolCreateInfo pool{};
    pool.sType            = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool.flags            = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
    pool.queueFamilyIndex = own.queue_family();
    vulkan::check(own.get<PFN_vkCreateCommandPool>("vkCreateCommandPool")(own.device(), &pool, nullptr, &pool_), "vkCreateCommandPool");
    for (Slot& slot : slots_) {
        VkCommandBufferAllocateInfo allocate{};
        allocate.sType              = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
        allocate.commandPool        = pool_;
        allocate.commandBufferCount = 1;
        vulkan::check(own.get<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers")(own.device(), &allocate, &slot.commands), "vkAllocateCommandBuffers");
        VkFenceCreateInfo fence{};
        fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
        vulkan::check(own.get<PFN_vkCreateFence>("vkCreateFence")(own.device(), &fence, nullptr, &slot.fence), "vkCreateFence");
    }
}

HostFrames::~HostFrames() {
    wait(newest_);
    for (const Slot& slot : slots_) own_.get<PFN_vkDestroyFence>("vkDestroyFence")(own_.device(), slot.fence, nullptr);
    own_.get<PFN_vkDestroyCommandPool>("vkDestroyCommandPool")(own_.device(), pool_, nullptr);
}

std::uint64_t HostFrames::frame(const std::function<void(const FrameTarget&)>& record) {
    const std::uint64_t number = ++newest_;
    const auto          place = static_cast<std::uint32_t>(number % slots_.size());
    Slot&               slot  = slots_[place];
    wait(slot.frame);
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    vulkan::check(own_.get<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(slot.commands, &begin), "vkBeginCommandBuffer");
    try {
        record({slot.commands, number, place});
    } catch (...) {
        own_.get<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(slot.commands);
        throw;
    }
    vulkan::check(own_.get<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(slot.commands), "vkEndCommandBuffer");
    submit(slot);
    slot.frame = number;
    return number;
}

void HostFrames::submit(Slot& slot) {
    VkSubmitInfo info{};
    info.sType              = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.commandBufferCount = 1;
    info.pCommandBuffers    = &slot.commands;
    vulkan::check(own_.get<PFN_vkQueueSubmit>("vkQueueSubmit")(own_.queue(), 1, &info, slot.fence), "vkQueueSubmit");
}

void HostFrames::wait(std::uint64_t frame) {
    for (Slot& slot : slots_) {
        if (slot.frame == 0 || slot.frame > frame) continue;
        vulkan::check(own_.get<PFN_vkWaitForFences>("vkWaitForFences")(own_.device(), 1, &slot.fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
        vulkan::check(own_.get<PFN_vkResetFences>("vkResetFences")(own_.device(), 1, &slot.fence), "vkResetFences");
        slot.frame = 0;
    }
    over_ = std::max(over_, frame);
}

}  // namespace attune::test
