// Vulkan with something in between: entry points for attune's get_instance_proc that count calls, fail
// chosen ones, keep account of objects, hide entry points, and pretend another memory layout. attune knows
// nothing of it.
//
//     VulkanShim shim;
//     shim.fail({.nth = 3, .code = VK_ERROR_OUT_OF_DEVICE_MEMORY, .only = Entry::AllocateMemory});
//     Device device = Device::open({.select = "", .caps = {}, .get_instance_proc = shim.get_instance_proc()});
//
// One more thing to observe or to change: a branch in Wrapper::call (vulkan_shim.cpp).
#pragma once

#include "support/fake_queue.h"
#include "vulkan/functions.h"

#include <attune/device.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace attune::test {

#define ATTUNE_SHIM_FUNCTIONS(X)                                                                                       \
    ATTUNE_GLOBAL_FUNCTIONS(X)                                                                                         \
    ATTUNE_INSTANCE_FUNCTIONS(X)                                                                                       \
    ATTUNE_OWNER_FUNCTIONS(X)                                                                                          \
    ATTUNE_DEVICE_FUNCTIONS(X)                                                                                         \
    ATTUNE_TIMELINE_FUNCTIONS(X)

// Every entry point that the library uses, by Vulkan's name without "vk".
#define ATTUNE_SHIM_NAME(name) name,
enum class Entry : std::size_t { ATTUNE_SHIM_FUNCTIONS(ATTUNE_SHIM_NAME) };
#undef ATTUNE_SHIM_NAME
#define ATTUNE_SHIM_ONE(name) +1
inline constexpr std::size_t entry_count = 0 ATTUNE_SHIM_FUNCTIONS(ATTUNE_SHIM_ONE);
#undef ATTUNE_SHIM_ONE

const char* name_of(Entry entry);   // "vkCreateInstance"
bool        destroys(Entry entry);  // vkDestroy... and vkFreeMemory
bool        is_optional(Entry entry);  // attune does without it where it is missing
// What a call may return besides VK_SUCCESS; none for those that return nothing.
std::vector<VkResult> codes_of(Entry entry);

// The one at a time. It must outlive everything that was made through it.
class VulkanShim {
public:
    VulkanShim();
    ~VulkanShim();
    VulkanShim(const VulkanShim&)            = delete;
    VulkanShim& operator=(const VulkanShim&) = delete;

    GetInstanceProc get_instance_proc() const;

    // ---- calls

    std::uint64_t calls(Entry entry) const { return calls_[static_cast<std::size_t>(entry)]; }
    std::uint64_t calls() const;  // all but those that destroy

    // The calls that return a VkResult since trace() was called last, in order.
    std::vector<Entry> trace();

    // The names of all entry points that somebody asked for.
    std::set<std::string> asked() const;

    // Before each call, from any thread. Set it while nobody calls.
    std::function<void(Entry)> watch;

    // Takes the place of the driver's queue, fences and timelines, as far as they are waited for and asked. Set it while
    // nobody calls.
    FakeQueue* queue = nullptr;

    // One that attune records; it has no others than of all memory.
    struct Barrier {
        VkPipelineStageFlags from = 0, to = 0;
        VkAccessFlags        made = 0, wanted = 0;
    };
    // Before each is recorded, which it may change; false: it is not recorded. Set it while nobody calls.
    std::function<bool(Barrier&)> barrier;

    // Before a dispatch or a copy is recorded, of whose workgroups along x or bytes it may leave some out. Set them while
    // nobody calls.
    std::function<void(std::uint32_t&)> dispatch;
    std::function<void(VkBufferCopy&)>  copy;
    // The words of a shader; what it returns takes their place, if it is not empty. Set it while nobody calls.
    std::function<std::span<const std::uint32_t>(std::span<const std::uint32_t>)> shader;

    // Timestamps that were fetched, which it may change. Set it while nobody calls.
    std::function<void(std::span<std::uint64_t>)> timestamps;

    // ---- faults

    struct Fault {
        std::uint64_t        nth   = 1;  // which of the calls from now on
        VkResult             code  = VK_ERROR_UNKNOWN;
        std::optional<Entry> only  = {};  // of all that return a VkResult, if not set
        std::uint64_t        times = 1;   // so many in a row
    };
    // The call does not reach the driver, and what it should have made is garbage. Exceptions that keep the
    // driver's state legal: a wait that reports a loss has waited, a recording that fails has ended.
    void fail(const Fault& fault);
    void fail_no_more();
    // How often a fault struck so far.
    std::uint64_t struck() const;

    void hide(Entry entry);  // as if the driver had no such entry point
    void show_all();

    // ---- objects

    // What was made and not destroyed: types, such as "Buffer", and how many.
    std::map<std::string, std::uint64_t> alive() const;
    // Destroying what is not there, or a device before its children: "" or what happened first.
    std::string violation() const;

    // ---- memory

    // All types are backed by the driver's first, which must be visible to the host; heaps are enforced.
    struct Memory {
        VkPhysicalDeviceMemoryProperties properties{};
        struct Budget {
            VkDeviceSize budget = 0, usage = 0;
        };
        std::vector<Budget> budgets = {};  // per heap; not empty: VK_EXT_memory_budget is there
    };
    void pretend(std::optional<Memory> memory);

    // For the wrappers.
    PFN_vkVoidFunction instance_proc(VkInstance instance, const char* name);
    PFN_vkVoidFunction device_proc(VkDevice device, const char* name);
    PFN_vkVoidFunction real(Entry entry) const { return real_[static_cast<std::size_t>(entry)]; }
    VkResult           enter(Entry entry, bool returns_result);
    void               made(Entry entry, std::uint64_t parent, std::uint64_t object);
    void               ended(Entry entry, std::uint64_t object);

    std::optional<Memory> memory() const;
    bool                  has_room(std::uint32_t type, VkDeviceSize bytes) const;
    void                  own_memory(std::uint64_t object, std::uint32_t type, VkDeviceSize bytes);

private:
    struct Allocation {
        std::uint32_t heap;
        VkDeviceSize  bytes;
    };

    PFN_vkVoidFunction wrapped(const char* name, PFN_vkVoidFunction function);

    void*                                                          library_;
    PFN_vkGetInstanceProcAddr                                      get_ = nullptr;
    std::array<std::atomic<PFN_vkVoidFunction>, entry_count>       real_{};
    std::array<std::atomic<std::uint64_t>, entry_count>            calls_{};
    std::array<std::atomic<bool>, entry_count>                     hidden_{};
    mutable std::mutex                                             mutex_;  // for all below
    std::set<std::string>                                          asked_;
    std::vector<Entry>                                             trace_;
    std::vector<Fault>                                             faults_;
    std::uint64_t                                                  struck_ = 0;
    std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> objects_;  // (type, handle) -> parent's handle
    std::string                                                    violation_;
    std::optional<Memory>                                          memory_;
    std::map<std::uint64_t, Allocation>                            allocations_;
    std::array<VkDeviceSize, VK_MAX_MEMORY_HEAPS>                  heap_used_{};
};

// A GPU with memory of its own: `device_bytes` that the host cannot see, and the host's.
VulkanShim::Memory discrete_memory(VkDeviceSize device_bytes);
// One heap for both, as in most phones and on CPUs.
VulkanShim::Memory unified_memory(VkDeviceSize bytes);

}  // namespace attune::test
