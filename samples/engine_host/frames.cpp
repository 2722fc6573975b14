#include "frames.h"

namespace host {

Frames::Frames(Engine& engine, VkExtent2D size, std::uint32_t in_flight, bool pictures)
    : engine_(engine), size_(size), slots_(in_flight) {
    for (Slot& slot : slots_) {
        VkCommandPoolCreateInfo pool{};
        pool.sType            = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
        pool.queueFamilyIndex = engine.family();
        check(vkCreateCommandPool(engine.device(), &pool, nullptr, &slot.pool), "vkCreateCommandPool");
        VkCommandBufferAllocateInfo allocate{};
        allocate.sType              = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
        allocate.commandPool        = slot.pool;
        allocate.commandBufferCount = 1;
        check(vkAllocateCommandBuffers(engine.device(), &allocate, &slot.commands), "vkAllocateCommandBuffers");
        VkFenceCreateInfo fence{};
        fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
        check(vkCreateFence(engine.device(), &fence, nullptr, &slot.fence), "vkCreateFence");
        if (pictures)
            slot.pixels = std::make_unique<Buffer>(engine, VkDeviceSize{4} * size.width * size.height,
                                                   VK_BUFFER_USAGE_TRANSFER_DST_BIT, Memory::readback);
    }
}

Frames::~Frames() {
    for (const Slot& slot : slots_) {
        if (slot.frame) vkWaitForFences(engine_.device(), 1, &slot.fence, VK_TRUE, UINT64_MAX);
        vkDestroyFence(engine_.device(), slot.fence, nullptr);
        vkDestroyCommandPool(engine_.device(), slot.pool, nullptr);
    }
}

Frame Frames::begin(std::uint64_t number) {
    const auto index = static_cast<std::uint32_t>(number % slots_.size());
    Slot&      slot  = slots_[index];
    if (slot.frame) check(vkWaitForFences(engine_.device(), 1, &slot.fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
    check(vkResetFences(engine_.device(), 1, &slot.fence), "vkResetFences");
    check(vkResetCommandPool(engine_.device(), slot.pool, 0), "vkResetCommandPool");
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    check(vkBeginCommandBuffer(slot.commands, &begin), "vkBeginCommandBuffer");
    const std::optional<std::uint64_t> retired = slot.frame;
    slot.frame.reset();
    return {number, index, slot.commands, retired};
}

void Frames::copy(const Frame& frame, VkImage picture) {
    const Slot&       slot = slots_[frame.slot];
    VkBufferImageCopy region{};
    region.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    region.imageExtent      = {size_.width, size_.height, 1};
    vkCmdCopyImageToBuffer(frame.commands, picture, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, slot.pixels->handle(), 1,
                           &region);
    VkBufferMemoryBarrier to_host{};
    to_host.sType               = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER;
    to_host.srcAccessMask       = VK_ACCESS_TRANSFER_WRITE_BIT;
    to_host.dstAccessMask       = VK_ACCESS_HOST_READ_BIT;
    to_host.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
    to_host.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
    to_host.buffer              = slot.pixels->handle();
    to_host.size                = VK_WHOLE_SIZE;
    vkCmdPipelineBarrier(frame.commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 0, nullptr, 1,
                         &to_host, 0, nullptr);
}

void Frames::submit(const Frame& frame, VkSemaphore wait, VkSemaphore signal) {
    Slot& slot = slots_[frame.slot];
    check(vkEndCommandBuffer(slot.commands), "vkEndCommandBuffer");
    constexpr VkPipelineStageFlags stage = VK_PIPELINE_STAGE_TRANSFER_BIT;  // the window's picture is copied to
    VkSubmitInfo                   info{};
    info.sType                = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.waitSemaphoreCount   = wait ? 1 : 0;
    info.pWaitSemaphores      = &wait;
    info.pWaitDstStageMask    = &stage;
    info.commandBufferCount   = 1;
    info.pCommandBuffers      = &slot.commands;
    info.signalSemaphoreCount = signal ? 1 : 0;
    info.pSignalSemaphores    = &signal;
    check(engine_.submit(info, slot.fence), "vkQueueSubmit");
    slot.frame = frame.number;
}

void Frames::wait(const Frame& frame) {
    check(vkWaitForFences(engine_.device(), 1, &slots_[frame.slot].fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
}

void Frames::wait_for_all() {
    for (const Slot& slot : slots_)
        if (slot.frame)
            check(vkWaitForFences(engine_.device(), 1, &slot.fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
}

std::span<const std::uint8_t> Frames::pixels(const Frame& frame) const {
    return {static_cast<const std::uint8_t*>(slots_[frame.slot].pixels->mapped()),
            std::size_t{4} * size_.width * size_.height};
}

}  // namespace host
