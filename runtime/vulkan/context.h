// A device as the library uses it: made by us or by a host, from here on the same.
#pragma once

#include "tuning/device_traits.h"
#include "vulkan/functions.h"

#include <attune/device.hpp>

#include <atomic>
#include <mutex>

namespace attune {

namespace vulkan {
class MemoryPool;
class Pipelines;
}  // namespace vulkan

class Device::Context {
public:
    // Keeps what the import names. `owner`, if set, ends a device and instance of our own, whose place in list_devices() is `index`.
    Context(const Import& import, std::function<void()> owner, std::uint32_t index = 0);
    ~Context();
    Context(const Context&)            = delete;
    Context& operator=(const Context&) = delete;

    const vulkan::DeviceFunctions& vk() const noexcept { return functions_; }
    VkDevice                       handle() const noexcept { return device_; }
    std::uint32_t                  queue_family() const noexcept { return queue_family_; }
    const DeviceInfo&              info() const noexcept { return info_; }
    const DeviceTraits&            traits() const noexcept { return traits_; }
    vulkan::MemoryPool&            memory() noexcept { return *memory_; }
    vulkan::Pipelines&             pipelines() noexcept { return *pipelines_; }

    // Submits one command buffer under the queue's lock; the fence is signalled when it ends.
    void submit(VkCommandBuffer commands, VkFence fence);

    void          count_object() noexcept { ++objects_; }
    std::uint64_t objects() const noexcept { return objects_; }

private:
    std::function<void()>               owner_;
    std::function<void()>               lock_, unlock_;
    std::mutex                          queue_mutex_;
    VkDevice                            device_;
    VkQueue                             queue_;
    std::uint32_t                       queue_family_;
    vulkan::DeviceFunctions             functions_;
    DeviceInfo                          info_;
    DeviceTraits                        traits_;
    std::atomic<std::uint64_t>          objects_{0};
    std::unique_ptr<vulkan::MemoryPool> memory_;
    std::unique_ptr<vulkan::Pipelines>  pipelines_;
};

namespace vulkan {

// What a physical device reports, as public facts and as traits; `caps` lower both.
DeviceInfo   read_info(const InstanceFunctions& functions, VkPhysicalDevice physical);
DeviceInfo   capped(DeviceInfo info, const DeviceCaps& caps);
DeviceTraits traits_of(const DeviceInfo& info, const DeviceCaps& caps, const VkPhysicalDeviceLimits& limits);

}  // namespace vulkan

}  // namespace attune
