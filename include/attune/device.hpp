// Devices: what runs a graph. Opened by attune itself, or imported from a host that made its own.
//
// Nothing here needs vulkan.h: Vulkan's handles appear by their struct tags, so that header may come
// before, after or not at all. attune requires Vulkan 1.1 and a queue that computes, no optional
// feature and no extension.
#pragma once

#include <attune/error.hpp>
#include <attune/host_memory.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct VkInstance_T;
struct VkPhysicalDevice_T;
struct VkDevice_T;
struct VkQueue_T;
struct VkCommandBuffer_T;
struct VkFence_T;
struct VkPipelineCache_T;
struct VkPhysicalDeviceFeatures2;
struct VkSubmitInfo;

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
    std::uint32_t driver_id = 0;          // VkDriverId: who wrote it; 0 below Vulkan 1.2, which cannot say
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
        // Optional kernels are used once they have reproduced golden cases on this device (qualification.hpp); off: at once.
        bool qualify = true;
    };

    // A queue of somebody else's device.
    struct Queue {
        enum class Role { compute, transfer };   // transfer: taken, and not used yet

        VkQueue_T*    handle = nullptr;            // used as it is, never fetched again
        std::uint32_t family = 0, index = 0;       // as the host got it
        Role          role = Role::compute;
    };

    enum class LogLevel { error, warning, info };

    // Somebody else's device. attune never creates, destroys or fetches instance, device or queue, and never
    // waits for idle. What `extensions` and `features` point to is read by import() and not kept; all else that
    // this names must stay until the Device and everything made on it has ended.
    struct Import {
        GetInstanceProc     get_instance_proc = nullptr;   // vkGetInstanceProcAddr
        VkInstance_T*       instance = nullptr;
        VkPhysicalDevice_T* physical_device = nullptr;
        VkDevice_T*         device = nullptr;
        std::vector<Queue>  queues = {};                   // the first one for compute is used

        // What the host enabled; attune uses nothing else. merge() in requirements.hpp says what is worth enabling.
        std::uint32_t                    api_version = 0;  // VkApplicationInfo::apiVersion; 0: 1.1
        // Of the device; and VK_EXT_debug_utils, if the instance has it: then dispatches carry their kernels' names.
        std::vector<const char*>         extensions = {};
        const VkPhysicalDeviceFeatures2* features = nullptr;   // what vkCreateDevice was given; null: unknown, so none

        // Around each submission and nothing else, in the thread that submits, with the queue's family and index; not
        // held across waits. Needed where anybody else uses the queue: attune's own submissions never overlap.
        std::function<void(std::uint32_t family, std::uint32_t index)> lock = {}, unlock = {};
        // Instead of vkQueueSubmit, lock and unlock: the host submits. Returns a VkResult. It may submit later, in the
        // order of the calls; what the info points to has to be copied then. Called from the thread that runs
        // something, from several at once where several do, while attune holds no lock.
        std::function<std::int32_t(const Queue& queue, const VkSubmitInfo& info, VkFence_T* fence)> submit = {};
        // What a person may want to know, one line each, without a newline. From any thread; must not call attune.
        std::function<void(LogLevel level, std::string_view text)> log = {};

        // Used for all pipelines, also from several threads at once; null: attune makes one of its own.
        VkPipelineCache_T* pipeline_cache = nullptr;
        DeviceCaps         caps = {};

        // Who allocates memory, if not attune (host_memory.hpp); copied.
        const HostAllocator* memory = nullptr;

        // As in Options, where it is on: Session::prepare() then submits small runs to the queue, through `lock` or `submit`,
        // and waits for them, which a host has to expect.
        bool qualify = false;
    };

    // Throws no_device naming what there is, device_failed if the driver refuses, usage if get_instance_proc
    // lacks an entry point.
    static Device open(const Options& options);
    static Device open();   // the best one
    // Throws usage for a missing handle, a queue that does not compute, a Vulkan below 1.1, or a needed entry point
    // that is not there; no_device if the device itself is below 1.1. All of it is looked at before anything is made.
    static Device import(const Import& import);

    Device(Device&&) noexcept;
    Device& operator=(Device&&) noexcept;
    ~Device();

    // The same device once more; it ends with its last user.
    Device share() const { return Device(context_); }

    const DeviceInfo& info() const noexcept;

    bool lost() const noexcept;

    // ---- memory (host_memory.hpp says what the classes are)

    // Bytes that attune has on the device, of weights, state and scratch: now, and the most so far.
    std::uint64_t memory_used() const noexcept;
    std::uint64_t memory_peak() const noexcept;
    MemoryUse     memory(MemoryClass of) const noexcept;

    // What memory for `bytes` of a class has to be like. Makes a buffer for the question.
    MemoryNeeds memory_needs(MemoryClass of, std::uint64_t bytes) const;

    // Hands memory over: from now on its class takes what it needs from the ranges that were given for it, and allocates
    // nothing. Where these do not suffice, what needs more throws out_of_device_memory, naming the class, what is
    // wanted and what is left, and goes on working as after any other such error. Throws usage for a range
    // that has no aligned part, is not mapped where it has to be, or overlaps with one that was given before.
    void give(const HostRange& range);
    // Ends that; nothing may lie in the range any more, else usage is thrown. A class whose last range has gone
    // allocates again.
    void take_back(const HostRange& range);

    // From now on attune allocates on the device, by itself or through callbacks, no more than `cap` bytes in all; what
    // was given does not count. Frees nothing that is in use, and nothing else is kept. Throws
    // out_of_device_memory saying how much more than that stays in use, until sessions, programs or weights end.
    // A larger cap than before is one that was raised.
    void trim(std::uint64_t cap);

    // Vulkan objects and device allocations made so far: constant once everything has been prepared.
    std::uint64_t objects_created() const noexcept;

    // Makes the pipeline that what was prepared ahead has waited for longest, in this thread, and returns how many
    // are left; 0: there is nothing to do. Each takes what the driver's compiler takes, from below a millisecond to
    // seconds. From any thread, several at once; no lock is held meanwhile. Where other threads are making all that
    // are left, waits for one of them: once it returns 0, all are ready. Throws what the driver failed with; that
    // pipeline stays wanted, behind the others.
    std::size_t compile_next();
    std::size_t pipelines_left() const;

    // What the driver remembers of the pipelines made so far, for the next run of the program to start faster; how
    // much that is, and whether it helps, is the driver's affair. Any thread.
    std::vector<std::byte> export_cache() const;
    // Adds what export_cache() gave. Before the driver sees a byte of it, device, driver, the version of attune and a
    // hash over all of it are compared, against accidents and not against forgers: throws bad_input, having changed
    // nothing, where one differs; usage if the device was imported with a cache of the host's. Any thread; waits for
    // pipelines that are being made.
    void import_cache(std::span<const std::byte> bytes);

    // For bug reports: facts about the device, what of it is used and why, pipelines, memory, objects, the call in
    // which it was lost. JSON, an object; members may be added. Any thread.
    std::string report() const;

    class Context;
    const std::shared_ptr<Context>& context() const noexcept { return context_; }

private:
    explicit Device(std::shared_ptr<Context> context);

    std::shared_ptr<Context> context_;
};

}  // namespace attune
