#include "vulkan/memory_heaps.h"

#include <attune/error.hpp>

namespace attune::vulkan {
namespace {

constexpr VkMemoryPropertyFlags host = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

}  // namespace

MemoryHeaps::MemoryHeaps(const InstanceFunctions& functions, VkPhysicalDevice physical)
    : ask_(functions.GetPhysicalDeviceMemoryProperties2), physical_(physical),
      budget_(contains(extensions_of(functions, physical), VK_EXT_MEMORY_BUDGET_EXTENSION_NAME)) {
    functions.GetPhysicalDeviceMemoryProperties(physical, &properties_);
}

std::uint32_t MemoryHeaps::type_for(MemoryClass of, std::uint32_t allowed) const {
    const VkMemoryPropertyFlags liked   = on_device(of)                 ? VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT
                                          : of == MemoryClass::readback ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT
                                                                        : 0;
    const std::uint32_t         serving = types_for(of, allowed);
    for (const VkMemoryPropertyFlags wanted : {liked, VkMemoryPropertyFlags{0}})
        for (std::uint32_t type = 0; type < properties_.memoryTypeCount; ++type)
            if ((serving >> type & 1) && (properties_.memoryTypes[type].propertyFlags & wanted) == wanted) return type;
    throw Error(Status::device_failed, "memory", "the device has no memory type for this use");
}

std::uint32_t MemoryHeaps::types_for(MemoryClass of, std::uint32_t allowed) const {
    std::uint32_t types = 0;
    for (std::uint32_t type = 0; type < properties_.memoryTypeCount; ++type)
        if ((allowed >> type & 1) && (on_device(of) || mappable(type))) types |= 1u << type;
    return types;
}

bool MemoryHeaps::mappable(std::uint32_t type) const noexcept {
    return (properties_.memoryTypes[type].propertyFlags & host) == host;
}

VkDeviceSize MemoryHeaps::room(VkDeviceSize used) const {
    const std::uint32_t heap = properties_.memoryTypes[type_for(MemoryClass::weights, UINT32_MAX)].heapIndex;
    if (const auto said = left(heap)) return *said;
    const VkDeviceSize most = properties_.memoryHeaps[heap].size / 5 * 4;
    return most > used ? most - used : 0;
}

std::optional<VkDeviceSize> MemoryHeaps::left(std::uint32_t heap) const {
    if (!budget_) return {};
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{};
    budget.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
    VkPhysicalDeviceMemoryProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
    properties.pNext = &budget;
    ask_(physical_, &properties);
    const VkDeviceSize most = budget.heapBudget[heap], used = budget.heapUsage[heap];
    // Some drivers of CPUs count all memory of the system into the use of a smaller heap: that says nothing.
    if (most == 0 || used > properties_.memoryHeaps[heap].size) return {};
    return most > used ? most - used : 0;
}

}  // namespace attune::vulkan
