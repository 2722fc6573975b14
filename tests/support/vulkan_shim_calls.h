// Calls that the shim does not pass on as they are: with other numbers, or with none.
#pragma once

#include "support/vulkan_shim.h"

#include <type_traits>

namespace attune::test {

template <class Handle> std::uint64_t id_of(Handle handle) {
    if constexpr (std::is_pointer_v<Handle>)
        return reinterpret_cast<std::uintptr_t>(handle);
    else
        return handle;
}

// A pretended memory layout.
void     edit(const VulkanShim::Memory& memory, VkPhysicalDeviceMemoryProperties& properties);
void     edit(const VulkanShim::Memory& memory, VkPhysicalDeviceMemoryProperties2& properties);
VkResult add_budget(PFN_vkEnumerateDeviceExtensionProperties real, VkPhysicalDevice physical, std::uint32_t* count,
                    VkExtensionProperties* items);
VkResult allocate(VulkanShim& shim, PFN_vkAllocateMemory real, VkDevice device, const VkMemoryAllocateInfo* info,
                  const VkAllocationCallbacks* callbacks, VkDeviceMemory* made);

// Other barriers, dispatches and copies, or none; other shaders.
void     record_barrier(VulkanShim& shim, PFN_vkCmdPipelineBarrier real, VkCommandBuffer commands, VkPipelineStageFlags from,
                        VkPipelineStageFlags to, VkDependencyFlags flags, std::uint32_t count, const VkMemoryBarrier* memory,
                        std::uint32_t buffers, const VkBufferMemoryBarrier* buffer, std::uint32_t images,
                        const VkImageMemoryBarrier* image);
void     record_dispatch(VulkanShim& shim, PFN_vkCmdDispatch real, VkCommandBuffer commands, std::uint32_t x, std::uint32_t y,
                         std::uint32_t z);
void     record_copy(VulkanShim& shim, PFN_vkCmdCopyBuffer real, VkCommandBuffer commands, VkBuffer from, VkBuffer to,
                     std::uint32_t count, const VkBufferCopy* copies);
VkResult make_shader(VulkanShim& shim, PFN_vkCreateShaderModule real, VkDevice device, const VkShaderModuleCreateInfo* info,
                     const VkAllocationCallbacks* callbacks, VkShaderModule* made);

}  // namespace attune::test
