// A Vulkan instance and device as a host program makes them, without attune: Vulkan 1.1, one queue,
// zero features, zero device extensions, unless it is told otherwise. With a layer, its messages are kept.
#pragma once

#include "vulkan/functions.h"

#include <attune/device.hpp>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace attune::test {

// What vkCreateDevice is given.
struct DeviceSetup {
    std::vector<const char*>         extensions = {};
    const VkPhysicalDeviceFeatures2* features = nullptr;   // a chain, or
    const VkPhysicalDeviceFeatures*  plain = nullptr;      // the old struct, and
    const void*                      next = nullptr;       // a chain of others
};

class OwnDevice {
public:
    struct Options {
        std::vector<const char*> layers;
        std::vector<const char*> instance_extensions;
        const void*              instance_next = nullptr;   // more structs for vkCreateInstance
        std::uint32_t            api_version = VK_API_VERSION_1_1;
        // Changes what the device is made with; instance and physical device are there.
        std::function<void(const OwnDevice&, DeviceSetup&)> setup = {};
    };

    explicit OwnDevice(const Options& options);
    OwnDevice() : OwnDevice(Options{}) {}
    ~OwnDevice();
    OwnDevice(const OwnDevice&) = delete;
    OwnDevice& operator=(const OwnDevice&) = delete;

    // For Device::import, such as with profile_caps() (test_devices.h); locks are left to the caller.
    Device::Import import(const DeviceCaps& caps = {}) const;

    PFN_vkGetInstanceProcAddr get_instance_proc() const noexcept { return get_; }
    VkInstance                instance() const noexcept { return instance_; }
    VkPhysicalDevice          physical() const noexcept { return physical_; }
    std::uint32_t             api_version() const noexcept { return api_version_; }

    VkDevice      device() const noexcept { return device_; }
    VkQueue       queue() const noexcept { return queue_; }
    std::uint32_t queue_family() const noexcept { return family_; }

    // Entry points by name, such as "vkQueueSubmit".
    template <class Function> Function get(const char* name) const { return reinterpret_cast<Function>(device_proc(name)); }

    void end_device();   // ends the device now; leaks show here

    // What the validation layer said so far (warnings and errors), if there is one.
    std::vector<std::string> messages() const;

private:
    PFN_vkVoidFunction device_proc(const char* name) const;
    template <class Function> Function instance_proc(const char* name) const { return reinterpret_cast<Function>(get_(instance_, name)); }
    void make_instance(const Options& options);
    void make_messenger();
    void make_device(const Options& options);

    static VKAPI_ATTR VkBool32 VKAPI_CALL note(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT, const VkDebugUtilsMessengerCallbackDataEXT* data, void* self);

    void*                     library_ = nullptr;
    PFN_vkGetInstanceProcAddr get_ = nullptr;
    VkInstance                instance_ = VK_NULL_HANDLE;
    VkDebugUtilsMessengerEXT  messenger_ = VK_NULL_HANDLE;
    VkPhysicalDevice          physical_ = VK_NULL_HANDLE;
    VkDevice                  device_ = VK_NULL_HANDLE;
    VkQueue                   queue_ = VK_NULL_HANDLE;
    std::uint32_t             family_ = 0, api_version_ = VK_API_VERSION_1_1;
    DeviceSetup               setup_;
    mutable std::mutex        mutex_;
    std::vector<std::string>  messages_;
};

}  // namespace attune::test
