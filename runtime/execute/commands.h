// A command pool, a fence, and the few commands that the executor records. One thread at a time.
#pragma once

#include "vulkan/memory.h"

#include <attune/session.hpp>

#include <memory>

namespace attune {

class Commands {
public:
    explicit Commands(std::shared_ptr<Device::Context> context);

    Device::Context& context() const noexcept { return *context_; }

    VkCommandBuffer allocate();
    void            begin(VkCommandBuffer commands) const;
    void            end(VkCommandBuffer commands) const;
    // Submits and waits until the device has finished. When it throws, the device is not at work on it any more.
    void run(VkCommandBuffer commands);

    // Copies through host memory; each waits. Offsets and sizes in bytes, multiples of 4.
    void upload(const vulkan::Span& to, VkDeviceSize offset, std::span<const std::byte> bytes);
    void download(const vulkan::Span& from, std::span<std::byte> bytes);
    void clear(const vulkan::Span& span);
    void copy(const vulkan::Span& from, const vulkan::Span& to, VkDeviceSize bytes);

private:
    VkCommandBuffer begin_once();
    void            run_once();
    void            wait() const;

    std::shared_ptr<Device::Context> context_;
    vulkan::OwnedCommandPool         pool_;
    vulkan::OwnedFence               fence_;
    VkCommandBuffer                  once_ = VK_NULL_HANDLE;
};

// Everything before is visible to everything after, on the device.
void full_barrier(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands);
// What a host did becomes visible to our commands, and the other way round; nothing if it says that it does nothing.
void barrier_after(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands, const BufferUse& host);
void barrier_before(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands, const BufferUse& host);
// What copies wrote becomes visible to the host once the commands have finished.
void host_barrier(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands);

}  // namespace attune
