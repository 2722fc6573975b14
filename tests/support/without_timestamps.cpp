#include "support/without_timestamps.h"

#include "vulkan/functions.h"

#include <cstring>

namespace attune::test {
namespace {

// What get_instance_proc gives, but for one function.
PFN_vkGetInstanceProcAddr                    real_get      = nullptr;
PFN_vkGetPhysicalDeviceQueueFamilyProperties real_families = nullptr;

VKAPI_ATTR void VKAPI_CALL families_without_timestamps(VkPhysicalDevice device, std::uint32_t* count,
                                                       VkQueueFamilyProperties* families) {
    real_families(device, count, families);
    for (std::uint32_t i = 0; families && i < *count; ++i) families[i].timestampValidBits = 0;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_without_timestamps(VkInstance instance, const char* name) {
    const PFN_vkVoidFunction found = real_get(instance, name);
    if (std::strcmp(name, "vkGetPhysicalDeviceQueueFamilyProperties") != 0) return found;
    real_families = reinterpret_cast<PFN_vkGetPhysicalDeviceQueueFamilyProperties>(found);
    return reinterpret_cast<PFN_vkVoidFunction>(families_without_timestamps);
}

}  // namespace

Device::Import without_timestamps(Device::Import import) {
    real_get                 = reinterpret_cast<PFN_vkGetInstanceProcAddr>(import.get_instance_proc);
    import.get_instance_proc = reinterpret_cast<decltype(import.get_instance_proc)>(get_without_timestamps);
    return import;
}

}  // namespace attune::test
