// Vulkan's entry points, fetched through one get_instance_proc: one table per instance and one per
// device, no link against a loader and no global state. A test puts its shim in here.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include <cstdint>
#include <vector>

namespace attune::vulkan {

#define ATTUNE_GLOBAL_FUNCTIONS(X) X(CreateInstance) X(EnumerateInstanceExtensionProperties)

#define ATTUNE_INSTANCE_FUNCTIONS(X)                                                                             \
    X(GetPhysicalDeviceProperties) X(GetPhysicalDeviceProperties2) X(GetPhysicalDeviceMemoryProperties)          \
    X(GetPhysicalDeviceMemoryProperties2) X(GetPhysicalDeviceQueueFamilyProperties)                              \
    X(GetPhysicalDeviceFeatures2)                                                                                \
    X(EnumerateDeviceExtensionProperties) X(GetDeviceProcAddr)

// What makes and ends an instance and a device of our own; a host that imports keeps these to itself.
#define ATTUNE_OWNER_FUNCTIONS(X)                                                                                \
    X(DestroyInstance) X(EnumeratePhysicalDevices) X(CreateDevice) X(DestroyDevice) X(GetDeviceQueue)

#define ATTUNE_DEVICE_FUNCTIONS(X)                                                                               \
    X(QueueSubmit) X(AllocateMemory) X(FreeMemory) X(MapMemory) X(CreateBuffer) X(DestroyBuffer)                 \
    X(CreateBufferView) X(DestroyBufferView)                                                                     \
    X(GetBufferMemoryRequirements) X(BindBufferMemory) X(CreateFence) X(DestroyFence) X(ResetFences)             \
    X(WaitForFences) X(GetFenceStatus) X(CreateSemaphore) X(DestroySemaphore) X(CreateShaderModule) X(DestroyShaderModule) X(CreateDescriptorSetLayout)                   \
    X(DestroyDescriptorSetLayout) X(CreatePipelineLayout) X(DestroyPipelineLayout) X(CreateComputePipelines)     \
    X(DestroyPipeline) X(CreatePipelineCache) X(DestroyPipelineCache) X(GetPipelineCacheData)                   \
    X(MergePipelineCaches) X(CreateDescriptorPool) X(DestroyDescriptorPool) X(AllocateDescriptorSets)                \
    X(UpdateDescriptorSets) X(CreateCommandPool) X(DestroyCommandPool) X(AllocateCommandBuffers)                 \
    X(BeginCommandBuffer) X(EndCommandBuffer) X(CmdBindPipeline) X(CmdBindDescriptorSets) X(CmdPushConstants)    \
    X(CmdDispatch) X(CmdDispatchIndirect) X(CmdPipelineBarrier) X(CmdCopyBuffer) X(CmdFillBuffer) X(CmdUpdateBuffer)        \
    X(CreateQueryPool) X(DestroyQueryPool) X(GetQueryPoolResults) X(CmdResetQueryPool) X(CmdWriteTimestamp)

// There where timeline semaphores are enabled: by this name in Vulkan 1.2, by VK_KHR_timeline_semaphore's before.
#define ATTUNE_TIMELINE_FUNCTIONS(X) X(WaitSemaphores) X(SignalSemaphore) X(GetSemaphoreCounterValue)

// There where the host lists VK_EXT_debug_utils among its extensions, though it is the instance's: names for its tools.
#define ATTUNE_LABEL_FUNCTIONS(X) X(CmdBeginDebugUtilsLabelEXT) X(CmdEndDebugUtilsLabelEXT)

#define ATTUNE_DECLARE(name) PFN_vk##name name = nullptr;

struct GlobalFunctions {
    ATTUNE_GLOBAL_FUNCTIONS(ATTUNE_DECLARE)
};

struct InstanceFunctions {
    ATTUNE_INSTANCE_FUNCTIONS(ATTUNE_DECLARE)
};

struct OwnerFunctions {
    ATTUNE_OWNER_FUNCTIONS(ATTUNE_DECLARE)
};

struct DeviceFunctions {
    ATTUNE_DEVICE_FUNCTIONS(ATTUNE_DECLARE)
    ATTUNE_TIMELINE_FUNCTIONS(ATTUNE_DECLARE)  // all of them or none
    ATTUNE_LABEL_FUNCTIONS(ATTUNE_DECLARE)     // likewise
};

#undef ATTUNE_DECLARE

// Each throws Error(usage) naming the first entry point that is missing.
GlobalFunctions   load_global(PFN_vkGetInstanceProcAddr get);
InstanceFunctions load_instance(PFN_vkGetInstanceProcAddr get, VkInstance instance);
DeviceFunctions   load_device(const InstanceFunctions& functions, VkDevice device);
// Whether all are there; `version`: what the host and the device both have. Core names are tried first, and only
// where they are in the core.
bool load_timeline(const InstanceFunctions& instance_functions, VkDevice device, std::uint32_t version,
                   DeviceFunctions& functions);
void load_labels(const InstanceFunctions& instance_functions, VkDevice device, DeviceFunctions& functions);
// Fills `functions` in the order of the list: what ends the instance is there even if a later one is missing.
void load_owner(PFN_vkGetInstanceProcAddr get, VkInstance instance, OwnerFunctions& functions);

// Throws the Error that a result stands for; VK_SUCCESS and other codes >= 0 pass. Calls on a device go
// through Device::Context::check, which also remembers that the device is lost.
void check(VkResult result, const char* call);

// All items of an enumeration: `call(count, items)` is asked for their number, then for themselves, and once
// more if there have become more in between.
template <class Item, class Call> std::vector<Item> enumerate(const char* name, Call&& call) {
    std::vector<Item> items;
    for (VkResult result = VK_INCOMPLETE; result == VK_INCOMPLETE;) {
        std::uint32_t count = 0;
        check(call(&count, static_cast<Item*>(nullptr)), name);
        items.resize(count);
        result = call(&count, items.data());
        check(result, name);
        items.resize(count);
    }
    return items;
}

std::vector<VkExtensionProperties> extensions_of(const InstanceFunctions& functions, VkPhysicalDevice physical);
bool                               contains(const std::vector<VkExtensionProperties>& extensions, const char* name);

}  // namespace attune::vulkan
