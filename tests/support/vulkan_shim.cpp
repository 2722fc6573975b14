#include "support/vulkan_shim.h"

#include "support/vulkan_shim_calls.h"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

namespace attune::test {
namespace {

// Entry points have no room for a `this`.
std::atomic<VulkanShim*> current{nullptr};

struct EntryFacts {
    const char*        name;
    bool               returns_result;
    PFN_vkVoidFunction wrapper;
};
extern const EntryFacts entries[entry_count];

const EntryFacts& facts(Entry entry) { return entries[static_cast<std::size_t>(entry)]; }

// The type of what an entry point makes or ends: "Buffer"; "" if it does neither.
std::string object_type(Entry entry) {
    if (entry == Entry::AllocateMemory || entry == Entry::FreeMemory) return "DeviceMemory";
    if (entry == Entry::CreateComputePipelines) return "Pipeline";
    const std::string name = facts(entry).name + 2;
    for (const std::string verb : {"Create", "Destroy"})
        if (name.starts_with(verb)) return name.substr(verb.size());
    return {};
}

constexpr bool creates(Entry entry) {
    switch (entry) {
    case Entry::CreateInstance:
    case Entry::CreateDevice:
    case Entry::CreateBuffer:
    case Entry::CreateBufferView:
    case Entry::AllocateMemory:
    case Entry::CreateFence:
    case Entry::CreateSemaphore:
    case Entry::CreateShaderModule:
    case Entry::CreateDescriptorSetLayout:
    case Entry::CreatePipelineLayout:
    case Entry::CreateComputePipelines:
    case Entry::CreatePipelineCache:
    case Entry::CreateDescriptorPool:
    case Entry::CreateQueryPool:
    case Entry::CreateCommandPool: return true;
    default: return false;
    }
}

constexpr bool ends(Entry entry) {
    switch (entry) {
    case Entry::DestroyInstance:
    case Entry::DestroyDevice:
    case Entry::DestroyBuffer:
    case Entry::DestroyBufferView:
    case Entry::FreeMemory:
    case Entry::DestroyFence:
    case Entry::DestroySemaphore:
    case Entry::DestroyShaderModule:
    case Entry::DestroyDescriptorSetLayout:
    case Entry::DestroyPipelineLayout:
    case Entry::DestroyPipeline:
    case Entry::DestroyPipelineCache:
    case Entry::DestroyDescriptorPool:
    case Entry::DestroyQueryPool:
    case Entry::DestroyCommandPool: return true;
    default: return false;
    }
}

// Whether the driver is called although the call is to fail.
bool reaches_driver(Entry entry, VkResult code) {
    return code == VK_INCOMPLETE || entry == Entry::EndCommandBuffer ||
           (entry == Entry::WaitForFences && code == VK_ERROR_DEVICE_LOST);
}

// ---- a queue that is none of the driver's --------------------------------------------------------

constexpr bool of_queue(Entry entry) {
    return entry == Entry::QueueSubmit || entry == Entry::GetFenceStatus || entry == Entry::ResetFences ||
           entry == Entry::WaitForFences || entry == Entry::WaitSemaphores || entry == Entry::GetSemaphoreCounterValue;
}

template <Entry entry, class... Arguments> VkResult ask(FakeQueue& queue, Arguments... arguments) {
    const auto all = std::tie(arguments...);
    if constexpr (entry == Entry::QueueSubmit) return queue.submit(std::get<1>(all), std::get<2>(all), std::get<3>(all));
    if constexpr (entry == Entry::GetFenceStatus) return queue.status(std::get<1>(all));
    if constexpr (entry == Entry::ResetFences) return queue.reset(std::get<1>(all), std::get<2>(all));
    if constexpr (entry == Entry::WaitForFences) return queue.wait(std::get<1>(all), std::get<2>(all));
    if constexpr (entry == Entry::WaitSemaphores) return queue.wait(*std::get<1>(all));
    if constexpr (entry == Entry::GetSemaphoreCounterValue) return queue.counter(std::get<1>(all), std::get<2>(all));
}

// ---- one wrapper for every entry point ----------------------------------------------------------

template <Entry entry, class Function> struct Wrapper;

template <Entry entry, class Result, class... Arguments> struct Wrapper<entry, Result(VKAPI_PTR*)(Arguments...)> {
    using Function                       = Result(VKAPI_PTR*)(Arguments...);
    static constexpr bool returns_result = std::is_same_v<Result, VkResult>;
    static constexpr auto count          = sizeof...(Arguments);

    static VKAPI_ATTR Result VKAPI_CALL call(Arguments... arguments) {
        VulkanShim&    shim = *current.load();
        const auto     real = reinterpret_cast<Function>(shim.real(entry));
        const auto     all  = std::tie(arguments...);
        const VkResult code = shim.enter(entry, returns_result);
        if constexpr (ends(entry)) shim.ended(entry, id_of(std::get<count - 2>(all)));
        if constexpr (entry == Entry::GetDeviceProcAddr) {
            return shim.device_proc(arguments...);
        } else if constexpr (returns_result) {
            if (code != VK_SUCCESS) return fail(code, real, arguments...);
            const VkResult result = through(shim, real, arguments...);
            if constexpr (creates(entry)) {
                const std::uint64_t parent = entry == Entry::CreateInstance ? 0 : id_of(std::get<0>(all));
                if (result == VK_SUCCESS) shim.made(entry, parent, id_of(*std::get<count - 1>(all)));
            }
            return result;
        } else {
            const auto memory = shim.memory();
            if constexpr (entry == Entry::GetPhysicalDeviceMemoryProperties ||
                          entry == Entry::GetPhysicalDeviceMemoryProperties2) {
                if (memory) return edit(*memory, *std::get<count - 1>(all));
            }
            if constexpr (entry == Entry::CmdPipelineBarrier) {
                if (shim.barrier) return record_barrier(shim, real, arguments...);
            }
            if constexpr (entry == Entry::CmdDispatch) {
                if (shim.dispatch) return record_dispatch(shim, real, arguments...);
            }
            if constexpr (entry == Entry::CmdCopyBuffer) {
                if (shim.copy) return record_copy(shim, real, arguments...);
            }
            real(arguments...);
            if constexpr (entry == Entry::GetBufferMemoryRequirements) {
                if (memory) std::get<count - 1>(all)->memoryTypeBits = (1u << memory->properties.memoryTypeCount) - 1;
            }
        }
    }

    static VkResult through(VulkanShim& shim, Function real, Arguments... arguments) {
        const auto all = std::tie(arguments...);
        if constexpr (of_queue(entry)) {
            if (shim.queue) return ask<entry>(*shim.queue, arguments...);
        }
        const auto memory = shim.memory();
        if constexpr (entry == Entry::AllocateMemory) {
            if (memory) return allocate(shim, real, arguments...);
        } else if constexpr (entry == Entry::EnumerateDeviceExtensionProperties) {
            if (memory && !memory->budgets.empty())
                return add_budget(real, std::get<0>(all), std::get<2>(all), std::get<3>(all));
        } else if constexpr (entry == Entry::CreateShaderModule) {
            if (shim.shader) return make_shader(shim, real, arguments...);
        } else if constexpr (entry == Entry::GetQueryPoolResults) {
            const VkResult result = real(arguments...);
            if (shim.timestamps && result == VK_SUCCESS)
                shim.timestamps({static_cast<std::uint64_t*>(std::get<5>(all)), std::get<4>(all) / sizeof(std::uint64_t)});
            return result;
        }
        return real(arguments...);
    }

    static VkResult fail(VkResult code, Function real, Arguments... arguments) {
        if (reaches_driver(entry, code)) real(arguments...);
        if (code == VK_TIMEOUT) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if constexpr (creates(entry)) {
            auto* const made = std::get<count - 1>(std::tie(arguments...));
            // Of pipelines alone the specification says what a failing call leaves.
            std::memset(made, entry == Entry::CreateComputePipelines ? 0 : 0xEE, sizeof *made);
        }
        return code;
    }
};

#define ATTUNE_SHIM_FACTS(name)                                                                                        \
    {"vk" #name, Wrapper<Entry::name, PFN_vk##name>::returns_result,                                                   \
     reinterpret_cast<PFN_vkVoidFunction>(Wrapper<Entry::name, PFN_vk##name>::call)},
const EntryFacts entries[entry_count] = {ATTUNE_SHIM_FUNCTIONS(ATTUNE_SHIM_FACTS)};
#undef ATTUNE_SHIM_FACTS

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL shim_instance_proc(VkInstance instance, const char* name) {
    return current.load()->instance_proc(instance, name);
}

}  // namespace

const char* name_of(Entry entry) { return facts(entry).name; }

bool destroys(Entry entry) { return ends(entry); }

bool is_optional(Entry entry) {
#define ATTUNE_SHIM_IS(name) || entry == Entry::name
    return false ATTUNE_TIMELINE_FUNCTIONS(ATTUNE_SHIM_IS);
#undef ATTUNE_SHIM_IS
}

std::vector<VkResult> codes_of(Entry entry) {
    if (!facts(entry).returns_result) return {};
    std::vector<VkResult> codes = {VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_OUT_OF_DEVICE_MEMORY, VK_ERROR_UNKNOWN};
    const auto            add   = [&](std::initializer_list<VkResult> more) { codes.insert(codes.end(), more); };
    switch (entry) {
    case Entry::CreateInstance: add({VK_ERROR_INITIALIZATION_FAILED, VK_ERROR_INCOMPATIBLE_DRIVER}); break;
    case Entry::EnumeratePhysicalDevices: add({VK_ERROR_INITIALIZATION_FAILED, VK_INCOMPLETE}); break;
    case Entry::GetPipelineCacheData:
    case Entry::EnumerateInstanceExtensionProperties:
    case Entry::EnumerateDeviceExtensionProperties: add({VK_INCOMPLETE}); break;
    case Entry::CreateDevice:
        add({VK_ERROR_INITIALIZATION_FAILED, VK_ERROR_TOO_MANY_OBJECTS, VK_ERROR_DEVICE_LOST});
        break;
    case Entry::GetQueryPoolResults:
    case Entry::QueueSubmit: add({VK_ERROR_DEVICE_LOST}); break;
    case Entry::WaitForFences: add({VK_ERROR_DEVICE_LOST, VK_TIMEOUT}); break;
    case Entry::MapMemory: add({VK_ERROR_MEMORY_MAP_FAILED}); break;
    case Entry::AllocateDescriptorSets: add({VK_ERROR_FRAGMENTED_POOL, VK_ERROR_OUT_OF_POOL_MEMORY}); break;
    default: break;
    }
    return codes;
}

// ---- the shim -----------------------------------------------------------------------------------

VulkanShim::VulkanShim() : library_(dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL)) {
    if (!library_) throw Error(Status::no_device, "libvulkan.so.1", dlerror());
    get_               = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library_, "vkGetInstanceProcAddr"));
    VulkanShim* nobody = nullptr;
    if (!current.compare_exchange_strong(nobody, this))
        throw Error(Status::usage, "VulkanShim", "there is one already");
}

VulkanShim::~VulkanShim() {
    current = nullptr;
    dlclose(library_);
}

GetInstanceProc VulkanShim::get_instance_proc() const { return reinterpret_cast<GetInstanceProc>(shim_instance_proc); }

// An extension's entry point is the core's, by an older name.
static std::string_view core_name(std::string_view name) {
    if (name.ends_with("KHR")) name.remove_suffix(3);
    return name;
}

PFN_vkVoidFunction VulkanShim::wrapped(const char* name, PFN_vkVoidFunction function) {
    const auto found = std::find_if(std::begin(entries), std::end(entries),
                                    [&](const EntryFacts& one) { return one.name == core_name(name); });
    {
        const std::lock_guard guard(mutex_);
        asked_.insert(name);
    }
    if (found == std::end(entries)) return function;
    const auto index = static_cast<std::size_t>(found - std::begin(entries));
    if (!function || hidden_[index]) return nullptr;
    real_[index] = function;
    return found->wrapper;
}

PFN_vkVoidFunction VulkanShim::instance_proc(VkInstance instance, const char* name) {
    return wrapped(name, get_(instance, name));
}

PFN_vkVoidFunction VulkanShim::device_proc(VkDevice device, const char* name) {
    return wrapped(name, reinterpret_cast<PFN_vkGetDeviceProcAddr>(real(Entry::GetDeviceProcAddr))(device, name));
}

std::uint64_t VulkanShim::calls() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < entry_count; ++i) sum += ends(static_cast<Entry>(i)) ? 0 : calls_[i].load();
    return sum;
}

std::vector<Entry> VulkanShim::trace() {
    const std::lock_guard guard(mutex_);
    return std::exchange(trace_, {});
}

VkResult VulkanShim::enter(Entry entry, bool returns_result) {
    if (watch) watch(entry);
    ++calls_[static_cast<std::size_t>(entry)];
    if (!returns_result) return VK_SUCCESS;
    const std::lock_guard guard(mutex_);
    trace_.push_back(entry);
    VkResult code = VK_SUCCESS;
    for (Fault& fault : faults_) {
        if (fault.times == 0 || (fault.only && *fault.only != entry)) continue;
        if (fault.nth > 1) {
            --fault.nth;
        } else if (code == VK_SUCCESS) {
            --fault.times;
            ++struck_;
            code = fault.code;
        }
    }
    return code;
}

void VulkanShim::fail(const Fault& fault) {
    const std::lock_guard guard(mutex_);
    faults_.push_back(fault);
}

void VulkanShim::fail_no_more() {
    const std::lock_guard guard(mutex_);
    faults_.clear();
}

std::uint64_t VulkanShim::struck() const {
    const std::lock_guard guard(mutex_);
    return struck_;
}

std::set<std::string> VulkanShim::asked() const {
    const std::lock_guard guard(mutex_);
    return asked_;
}

void VulkanShim::hide(Entry entry) { hidden_[static_cast<std::size_t>(entry)] = true; }

void VulkanShim::show_all() {
    for (auto& hidden : hidden_) hidden = false;
}

void VulkanShim::made(Entry entry, std::uint64_t parent, std::uint64_t object) {
    const std::lock_guard guard(mutex_);
    objects_.insert_or_assign({object_type(entry), object}, parent);
}

void VulkanShim::ended(Entry entry, std::uint64_t object) {
    if (object == 0) return;  // legal, and does nothing
    const std::lock_guard guard(mutex_);
    if (objects_.erase({object_type(entry), object}) == 0 && violation_.empty())
        violation_ = std::string(facts(entry).name) + " of something that is not there";
    if (const auto memory = allocations_.find(object); entry == Entry::FreeMemory && memory != allocations_.end()) {
        heap_used_[memory->second.heap] -= memory->second.bytes;
        allocations_.erase(memory);
    }
    if (entry != Entry::DestroyDevice && entry != Entry::DestroyInstance) return;
    for (const auto& [key, parent] : objects_)
        if (parent == object && violation_.empty())
            violation_ = std::string(facts(entry).name) + " while there is a " + key.first;
}

std::map<std::string, std::uint64_t> VulkanShim::alive() const {
    const std::lock_guard                guard(mutex_);
    std::map<std::string, std::uint64_t> counts;
    for (const auto& [key, parent] : objects_) ++counts[key.first];
    return counts;
}

std::string VulkanShim::violation() const {
    const std::lock_guard guard(mutex_);
    return violation_;
}

void VulkanShim::pretend(std::optional<Memory> memory) {
    const std::lock_guard guard(mutex_);
    memory_ = std::move(memory);
}

std::optional<VulkanShim::Memory> VulkanShim::memory() const {
    const std::lock_guard guard(mutex_);
    return memory_;
}

bool VulkanShim::has_room(std::uint32_t type, VkDeviceSize bytes) const {
    const std::lock_guard guard(mutex_);
    const std::uint32_t   heap = memory_->properties.memoryTypes[type].heapIndex;
    return heap_used_[heap] + bytes <= memory_->properties.memoryHeaps[heap].size;
}

void VulkanShim::own_memory(std::uint64_t object, std::uint32_t type, VkDeviceSize bytes) {
    const std::lock_guard guard(mutex_);
    const std::uint32_t   heap = memory_->properties.memoryTypes[type].heapIndex;
    heap_used_[heap] += bytes;
    allocations_.insert_or_assign(object, Allocation{heap, bytes});
}

VulkanShim::Memory discrete_memory(VkDeviceSize device_bytes) {
    constexpr VkMemoryPropertyFlags host = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    VulkanShim::Memory              memory;
    memory.properties.memoryTypeCount = 3;
    memory.properties.memoryTypes[0]  = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0};
    memory.properties.memoryTypes[1]  = {host, 1};
    memory.properties.memoryTypes[2]  = {host | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, 1};
    memory.properties.memoryHeapCount = 2;
    memory.properties.memoryHeaps[0]  = {device_bytes, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
    memory.properties.memoryHeaps[1]  = {1u << 30, 0};
    return memory;
}

VulkanShim::Memory unified_memory(VkDeviceSize bytes) {
    VulkanShim::Memory memory;
    memory.properties.memoryTypeCount = 1;
    memory.properties.memoryTypes[0]  = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                             VK_MEMORY_PROPERTY_HOST_COHERENT_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
                                         0};
    memory.properties.memoryHeapCount = 1;
    memory.properties.memoryHeaps[0]  = {bytes, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
    return memory;
}

}  // namespace attune::test
