#include "vulkan/optional_features.h"

#include <algorithm>

namespace attune::vulkan {
namespace {

const OptionalFeature features[] = {
    {.name             = "timelineSemaphore",
     .gain             = "submissions wait for and signal counters, by which a host orders its work and attune's",
     .extension        = VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME,
     .core_in          = VK_API_VERSION_1_2,
     .struct_name      = "VkPhysicalDeviceTimelineSemaphoreFeatures",
     .type             = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
     .bytes            = sizeof(VkPhysicalDeviceTimelineSemaphoreFeatures),
     .offset           = offsetof(VkPhysicalDeviceTimelineSemaphoreFeatures, timelineSemaphore),
     .aggregate        = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
     .aggregate_offset = offsetof(VkPhysicalDeviceVulkan12Features, timelineSemaphore)},
    {.name             = "shaderFloat16",
     .gain             = "the rate of f16 arithmetic can be measured",
     .extension        = VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME,
     .core_in          = VK_API_VERSION_1_2,
     .struct_name      = "VkPhysicalDeviceShaderFloat16Int8Features",
     .type             = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES,
     .bytes            = sizeof(VkPhysicalDeviceShaderFloat16Int8Features),
     .offset           = offsetof(VkPhysicalDeviceShaderFloat16Int8Features, shaderFloat16),
     .aggregate        = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
     .aggregate_offset = offsetof(VkPhysicalDeviceVulkan12Features, shaderFloat16)},
};

}  // namespace

std::span<const OptionalFeature> optional_features() { return features; }
const OptionalFeature&           timeline_semaphores() { return features[0]; }
const OptionalFeature&           shader_float16() { return features[1]; }

VkBool32* find_bit(void* chain, const OptionalFeature& feature) {
    for (auto* next = static_cast<VkBaseOutStructure*>(chain); next; next = next->pNext) {
        auto* const bytes = reinterpret_cast<std::byte*>(next);
        if (next->sType == feature.type) return reinterpret_cast<VkBool32*>(bytes + feature.offset);
        if (next->sType == feature.aggregate) return reinterpret_cast<VkBool32*>(bytes + feature.aggregate_offset);
    }
    return nullptr;
}

const VkBool32* find_bit(const void* chain, const OptionalFeature& feature) {
    return find_bit(const_cast<void*>(chain), feature);
}

std::uint32_t usable_version(std::uint32_t asked, std::uint32_t of_device) {
    return std::min(asked == 0 ? VK_API_VERSION_1_1 : asked, of_device);
}

}  // namespace attune::vulkan
