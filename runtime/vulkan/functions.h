// Vulkan's entry points, fetched through one get_instance_proc: one table per instance and one per
// device, no link against a loader and no global state. A test puts its shim in here.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

namespace attune::vulkan {

#define ATTUNE_GLOBAL_FUNCTIONS(X) X(CreateInstance) X(EnumerateInstanceExtensionProperties)

#define ATTUNE_INSTANCE_FUNCTIONS(X)                                                                             \
    X(DestroyInstance) X(EnumeratePhysicalDevices) X(GetPhysicalDeviceProperties) X(GetPhysicalDeviceProperties2) \
    X(GetPhysicalDeviceMemoryProperties) X(GetPhysicalDeviceQueueFamilyProperties)                               \
    X(EnumerateDeviceExtensionProperties) X(CreateDevice) X(GetDeviceProcAddr)

// What makes and ends a device of our own; a host that imports keeps these to itself.
#define ATTUNE_OWNER_FUNCTIONS(X) X(DestroyDevice) X(GetDeviceQueue)

#define ATTUNE_DEVICE_FUNCTIONS(X)                                                                               \
    X(QueueSubmit) X(AllocateMemory) X(FreeMemory) X(MapMemory) X(CreateBuffer) X(DestroyBuffer)                 \
    X(GetBufferMemoryRequirements) X(BindBufferMemory) X(CreateFence) X(DestroyFence) X(ResetFences)             \
    X(WaitForFences) X(CreateShaderModule) X(DestroyShaderModule) X(CreateDescriptorSetLayout)                   \
    X(DestroyDescriptorSetLayout) X(CreatePipelineLayout) X(DestroyPipelineLayout) X(CreateComputePipelines)     \
    X(DestroyPipeline) X(CreateDescriptorPool) X(DestroyDescriptorPool) X(AllocateDescriptorSets)                \
    X(UpdateDescriptorSets) X(CreateCommandPool) X(DestroyCommandPool) X(AllocateCommandBuffers)                 \
    X(FreeCommandBuffers) X(BeginCommandBuffer) X(EndCommandBuffer) X(CmdBindPipeline) X(CmdBindDescriptorSets)  \
    X(CmdPushConstants) X(CmdDispatch) X(CmdPipelineBarrier) X(CmdCopyBuffer) X(CmdFillBuffer)

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
};

#undef ATTUNE_DECLARE

// Each throws Error(usage) naming the first entry point that is missing.
GlobalFunctions   load_global(PFN_vkGetInstanceProcAddr get);
InstanceFunctions load_instance(PFN_vkGetInstanceProcAddr get, VkInstance instance);
OwnerFunctions    load_owner(const InstanceFunctions& functions, VkDevice device);
DeviceFunctions   load_device(const InstanceFunctions& functions, VkDevice device);

// Throws the Error that a result stands for; VK_SUCCESS and other codes >= 0 pass.
void check(VkResult result, const char* call);

}  // namespace attune::vulkan
