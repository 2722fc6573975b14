// Devices: what runs a graph. Opened by attune itself, or imported from a host that made its own.
//
// Nothing here needs vulkan.h: Vulkan's handles appear by their struct tags, so that header may come
// before, after or not at all. attune requires Vulkan 1.1 and a queue that computes, no optional
// feature and no extension.
#pragma once

#include <attune/error.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct VkInstance_T;
struct VkPhysicalDevice_T;
struct VkDevice_T;
struct VkQueue_T;
struct VkCommandBuffer_T;

namespace attune {

// Facts about a device that choose kernels and sizes.
struct DeviceInfo {
    enum class Kind { other, integrated, discrete, virtual_gpu, cpu };

    std::uint32_t index = 0;              // place in list_devices()
    std::string   name;
    Kind          kind = Kind::other;
    std::uint32_t vendor_id = 0, device_id = 0;
    std::string   vulkan_version;         // "1.3.230"
    std::string   driver;                 // name and version, as the driver gives them
    std::string   uuid;                   // 32 hexadecimal digits
    std::uint32_t subgroup_size = 0;
    bool          subgroup_shuffle = false;   // compute shaders may exchange values between lanes
    std::uint32_t max_invocations = 0;    // per workgroup
    std::uint32_t max_groups = 0;         // along x
    std::uint32_t shared_memory = 0;      // bytes per workgroup
    std::uint64_t max_binding = 0;        // bytes one descriptor may see
    std::uint64_t max_allocation = 0;     // bytes of one allocation
    std::uint32_t offset_alignment = 0;   // of a binding's first byte
    std::uint64_t device_memory = 0;      // bytes of the largest device-local heap
    bool          usable = false;         // Vulkan 1.1 and a compute queue
    std::string   why_not;                // if it is not usable
};

const char* name_of(DeviceInfo::Kind kind) noexcept;

// Lowers what a device reports; 0 leaves a value as it is. For tests of small devices and for hosts
// that want to keep a share of the device to themselves.
struct DeviceCaps {
    enum class Treat { as_it_is, as_cpu, as_gpu };

    std::uint32_t max_invocations = 0;
    std::uint32_t max_groups = 0;
    std::uint32_t shared_memory = 0;
    std::uint64_t max_binding = 0;
    std::uint64_t max_allocation = 0;
    std::uint32_t offset_alignment = 0;      // raises it
    std::uint64_t device_memory = 0;         // bytes that attune may allocate on the device in all
    bool          no_subgroups = false;      // as if lanes knew nothing of each other: subgroup_size 1, no shuffle
    Treat         treat = Treat::as_it_is;   // which family of kernels to use
};

// vkGetInstanceProcAddr, without vulkan.h.
using VulkanFunction = void (*)();
using GetInstanceProc = VulkanFunction (*)(VkInstance_T*, const char*);

// All devices that a Vulkan loader shows, usable or not; nullptr: the system's loader. Throws no_device if
// there is no loader or no driver. Makes and destroys an instance.
std::vector<DeviceInfo> list_devices(GetInstanceProc get_instance_proc = nullptr);

// One device, its queue and what attune keeps on it. Movable; sessions and weights made on it keep it
// alive. Calls from several threads are safe.
//
// A device can be lost: the driver was restarted, a GPU unplugged. The call that learns of it, and every
// later one on that device, throws device_failed at once and touches the GPU no more. What was made on it
// can only be destroyed; a device opened anew works.
class Device {
public:
    struct Options {
        std::string select = {};   // "": the best one (discrete, integrated, virtual, CPU); else an index or a part of the name
        DeviceCaps  caps = {};
        // Where Vulkan comes from; nullptr: the system's loader, looked up now. For programs that link a loader
        // or a driver statically (MoltenVK), or bring their own.
        GetInstanceProc get_instance_proc = nullptr;
    };

    // Somebody else's device. attune never creates, destroys or fetches instance, device or queue, and never
    // waits for idle. `lock` and `unlock`, if set, are called around each submission and nothing else.
    struct Import {
        GetInstanceProc       get_instance_proc = nullptr;   // vkGetInstanceProcAddr
        VkInstance_T*         instance = nullptr;
        VkPhysicalDevice_T*   physical_device = nullptr;
        VkDevice_T*           device = nullptr;
        VkQueue_T*            queue = nullptr;
        std::uint32_t         queue_family = 0;
        std::function<void()> lock = {}, unlock = {};
        DeviceCaps            caps = {};
    };

    // Throws no_device naming what there is, device_failed if the driver refuses, usage if get_instance_proc
    // lacks an entry point.
    static Device open(const Options& options);
    static Device open();   // the best one
    // Throws usage for a missing handle or a device without a needed entry point.
    static Device import(const Import& import);

    Device(Device&&) noexcept;
    Device& operator=(Device&&) noexcept;
    ~Device();

    // The same device once more; it ends with its last user.
    Device share() const { return Device(context_); }

    const DeviceInfo& info() const noexcept;

    bool lost() const noexcept;

    // Bytes that attune has allocated on the device: now, and the most so far.
    std::uint64_t memory_used() const noexcept;
    std::uint64_t memory_peak() const noexcept;

    // Vulkan objects and device allocations made so far: constant once everything has been prepared.
    std::uint64_t objects_created() const noexcept;

    class Context;
    const std::shared_ptr<Context>& context() const noexcept { return context_; }

private:
    explicit Device(std::shared_ptr<Context> context);

    std::shared_ptr<Context> context_;
};

}  // namespace attune
