#include "support/vulkan_shim_calls.h"

#include <cstdlib>

namespace attune::test {

// ---- a pretended memory layout -----------------------------------------------------------------

void edit(const VulkanShim::Memory& memory, VkPhysicalDeviceMemoryProperties& properties) {
    properties = memory.properties;
}

void edit(const VulkanShim::Memory& memory, VkPhysicalDeviceMemoryProperties2& properties) {
    properties.memoryProperties = memory.properties;
    auto* next                  = static_cast<VkPhysicalDeviceMemoryBudgetPropertiesEXT*>(properties.pNext);
    if (!next || next->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT) return;
    for (std::size_t heap = 0; heap < memory.budgets.size(); ++heap) {
        next->heapBudget[heap] = memory.budgets[heap].budget;
        next->heapUsage[heap]  = memory.budgets[heap].usage;
    }
}

VkResult add_budget(PFN_vkEnumerateDeviceExtensionProperties real, VkPhysicalDevice physical, std::uint32_t* count,
                    VkExtensionProperties* items) {
    const std::uint32_t asked  = *count;
    const VkResult      result = real(physical, nullptr, count, items);
    if (result < 0) return result;
    VkExtensionProperties budget{.extensionName = VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, .specVersion = 1};
    if (!items) {
        ++*count;
        return result;
    }
    if (*count == asked) return VK_INCOMPLETE;
    items[(*count)++] = budget;
    return result;
}

VkResult allocate(VulkanShim& shim, PFN_vkAllocateMemory real, VkDevice device, const VkMemoryAllocateInfo* info,
                  const VkAllocationCallbacks* callbacks, VkDeviceMemory* made) {
    if (!shim.has_room(info->memoryTypeIndex, info->allocationSize)) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    VkMemoryAllocateInfo first = *info;
    first.memoryTypeIndex      = 0;
    const VkResult result      = real(device, &first, callbacks, made);
    if (result == VK_SUCCESS) shim.own_memory(id_of(*made), info->memoryTypeIndex, info->allocationSize);
    return result;
}

// ---- barriers --------------------------------------------------------------------------------------

void record_barrier(VulkanShim& shim, PFN_vkCmdPipelineBarrier real, VkCommandBuffer commands, VkPipelineStageFlags from,
                    VkPipelineStageFlags to, VkDependencyFlags flags, std::uint32_t count, const VkMemoryBarrier* memory,
                    std::uint32_t buffers, const VkBufferMemoryBarrier* buffer, std::uint32_t images,
                    const VkImageMemoryBarrier* image) {
    if (count != 1 || buffers != 0 || images != 0) std::abort();
    VulkanShim::Barrier barrier{.from = from, .to = to, .made = memory->srcAccessMask, .wanted = memory->dstAccessMask};
    if (!shim.barrier(barrier)) return;
    VkMemoryBarrier changed = *memory;
    changed.srcAccessMask   = barrier.made;
    changed.dstAccessMask   = barrier.wanted;
    real(commands, barrier.from, barrier.to, flags, 1, &changed, buffers, buffer, images, image);
}

// ---- what is left out ------------------------------------------------------------------------------

void record_dispatch(VulkanShim& shim, PFN_vkCmdDispatch real, VkCommandBuffer commands, std::uint32_t x,
                     std::uint32_t y, std::uint32_t z) {
    shim.dispatch(x);
    if (x > 0) real(commands, x, y, z);
}

void record_copy(VulkanShim& shim, PFN_vkCmdCopyBuffer real, VkCommandBuffer commands, VkBuffer from, VkBuffer to,
                 std::uint32_t count, const VkBufferCopy* copies) {
    std::vector<VkBufferCopy> changed(copies, copies + count);
    for (VkBufferCopy& one : changed) shim.copy(one);
    real(commands, from, to, count, changed.data());
}

// ---- shaders ---------------------------------------------------------------------------------------

VkResult make_shader(VulkanShim& shim, PFN_vkCreateShaderModule real, VkDevice device, const VkShaderModuleCreateInfo* info,
                     const VkAllocationCallbacks* callbacks, VkShaderModule* made) {
    VkShaderModuleCreateInfo changed = *info;
    const auto               words   = shim.shader({info->pCode, info->codeSize / sizeof(std::uint32_t)});
    if (!words.empty()) {
        changed.pCode    = words.data();
        changed.codeSize = words.size_bytes();
    }
    return real(device, &changed, callbacks, made);
}

}  // namespace attune::test
