#include "vulkan/context.h"

#include "vulkan/memory.h"
#include "vulkan/pipelines.h"

namespace attune {

Device::Context::Context(const Import& import, std::shared_ptr<void> owner, std::uint32_t index)
    : owner_(std::move(owner)), lock_(import.lock), unlock_(import.unlock), device_(import.device),
      queue_(import.queue), queue_family_(import.queue_family) {
    const auto functions =
        vulkan::load_instance(reinterpret_cast<PFN_vkGetInstanceProcAddr>(import.get_instance_proc), import.instance);
    functions_  = vulkan::load_device(functions, device_);
    info_       = vulkan::capped(vulkan::read_info(functions, import.physical_device), import.caps);
    info_.index = index;
    if (!info_.usable) throw Error(Status::no_device, info_.name, info_.why_not);
    VkPhysicalDeviceProperties properties;
    functions.GetPhysicalDeviceProperties(import.physical_device, &properties);
    traits_                = vulkan::traits_of(info_, import.caps, properties.limits);
    timestamps_            = vulkan::read_timestamps(functions, import.physical_device, queue_family_);
    const VkDeviceSize cap = import.caps.device_memory ? import.caps.device_memory : VK_WHOLE_SIZE;
    memory_ = std::make_unique<vulkan::MemoryPool>(*this, vulkan::MemoryHeaps(functions, import.physical_device), cap,
                                                   info_.max_allocation, traits_.offset_alignment);
    pipelines_ = std::make_unique<vulkan::Pipelines>(*this);
}

Device::Context::~Context() = default;

void Device::Context::lose(const char* call) {
    const char* nobody = nullptr;
    lost_in_.compare_exchange_strong(nobody, call);
    throw_lost();
}

void Device::Context::throw_lost() const {
    throw Error(Status::device_failed, info_.name, std::string("the device was lost in ") + lost_in_.load(),
                "destroy what was made on it, open it again and make that anew");
}

void Device::Context::submit(VkCommandBuffer commands, VkFence fence) {
    const VkSubmitInfo submit{.sType                = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                              .pNext                = nullptr,
                              .waitSemaphoreCount   = 0,
                              .pWaitSemaphores      = nullptr,
                              .pWaitDstStageMask    = nullptr,
                              .commandBufferCount   = 1,
                              .pCommandBuffers      = &commands,
                              .signalSemaphoreCount = 0,
                              .pSignalSemaphores    = nullptr};
    const auto&        vk = this->vk();
    VkResult           result;
    {
        const std::lock_guard guard(queue_mutex_);
        if (lock_) lock_();
        result = vk.QueueSubmit(queue_, 1, &submit, fence);
        if (unlock_) unlock_();
    }
    check(result, "vkQueueSubmit");
}

Device::Device(std::shared_ptr<Context> context) : context_(std::move(context)) {}
Device::Device(Device&&) noexcept            = default;
Device& Device::operator=(Device&&) noexcept = default;
Device::~Device()                            = default;

Device Device::import(const Import& import) {
    if (!import.get_instance_proc || !import.instance || !import.physical_device || !import.device || !import.queue)
        throw Error(Status::usage, "Device::import",
                    "needs get_instance_proc, instance, physical_device, device and queue");
    return Device(std::make_shared<Context>(import, nullptr));
}

const DeviceInfo& Device::info() const noexcept { return context_->info(); }
bool              Device::lost() const noexcept { return context_->lost(); }
std::uint64_t     Device::memory_used() const noexcept { return context_->memory().used(); }
std::uint64_t     Device::memory_peak() const noexcept { return context_->memory().peak(); }
std::uint64_t     Device::objects_created() const noexcept { return context_->objects(); }

}  // namespace attune
