#include "vulkan/functions.h"

#include <attune/error.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace attune::vulkan {
namespace {

PFN_vkVoidFunction required(PFN_vkVoidFunction function, const char* name) {
    if (!function)
        throw Error(Status::usage, name, "is missing from what get_instance_proc gives", "Vulkan 1.1 is needed");
    return function;
}

}  // namespace

#define ATTUNE_LOAD_GLOBAL(name)                                                                                       \
    functions.name = reinterpret_cast<PFN_vk##name>(required(get(nullptr, "vk" #name), "vk" #name));
#define ATTUNE_LOAD_INSTANCE(name)                                                                                     \
    functions.name = reinterpret_cast<PFN_vk##name>(required(get(instance, "vk" #name), "vk" #name));
#define ATTUNE_LOAD_DEVICE(name)                                                                                       \
    functions.name = reinterpret_cast<PFN_vk##name>(                                                                   \
        required(instance_functions.GetDeviceProcAddr(device, "vk" #name), "vk" #name));

GlobalFunctions load_global(PFN_vkGetInstanceProcAddr get) {
    GlobalFunctions functions;
    ATTUNE_GLOBAL_FUNCTIONS(ATTUNE_LOAD_GLOBAL)
    return functions;
}

InstanceFunctions load_instance(PFN_vkGetInstanceProcAddr get, VkInstance instance) {
    InstanceFunctions functions;
    ATTUNE_INSTANCE_FUNCTIONS(ATTUNE_LOAD_INSTANCE)
    return functions;
}

void load_owner(PFN_vkGetInstanceProcAddr get, VkInstance instance,
                OwnerFunctions& functions){ATTUNE_OWNER_FUNCTIONS(ATTUNE_LOAD_INSTANCE)}

DeviceFunctions load_device(const InstanceFunctions& instance_functions, VkDevice device) {
    DeviceFunctions functions;
    ATTUNE_DEVICE_FUNCTIONS(ATTUNE_LOAD_DEVICE)
    return functions;
}

bool load_timeline(const InstanceFunctions& instance_functions, VkDevice device, std::uint32_t version,
                   DeviceFunctions& functions) {
    const auto find = [&](const std::string& name) {
        PFN_vkVoidFunction found = nullptr;
        if (version >= VK_API_VERSION_1_2) found = instance_functions.GetDeviceProcAddr(device, name.c_str());
        return found ? found : instance_functions.GetDeviceProcAddr(device, (name + "KHR").c_str());
    };
#define ATTUNE_FIND(name)       const auto name = reinterpret_cast<PFN_vk##name>(find("vk" #name));
#define ATTUNE_IS_MISSING(name) || !name
#define ATTUNE_TAKE(name)       functions.name = name;
    ATTUNE_TIMELINE_FUNCTIONS(ATTUNE_FIND)
    if (false ATTUNE_TIMELINE_FUNCTIONS(ATTUNE_IS_MISSING)) return false;
    ATTUNE_TIMELINE_FUNCTIONS(ATTUNE_TAKE)
    return true;
}

void load_labels(const InstanceFunctions& instance_functions, VkDevice device, DeviceFunctions& functions) {
    const auto begin = instance_functions.GetDeviceProcAddr(device, "vkCmdBeginDebugUtilsLabelEXT");
    const auto end   = instance_functions.GetDeviceProcAddr(device, "vkCmdEndDebugUtilsLabelEXT");
    if (!begin || !end) return;
    functions.CmdBeginDebugUtilsLabelEXT = reinterpret_cast<PFN_vkCmdBeginDebugUtilsLabelEXT>(begin);
    functions.CmdEndDebugUtilsLabelEXT   = reinterpret_cast<PFN_vkCmdEndDebugUtilsLabelEXT>(end);
}

void check(VkResult result, const char* call) {
    if (result >= 0) return;
    const std::string code = " (VkResult " + std::to_string(result) + ")";
    switch (result) {
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        throw Error(Status::out_of_host_memory, call, "the driver has no main memory left" + code);
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_FRAGMENTED_POOL:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
        throw Error(Status::out_of_device_memory, call, "the driver has no device memory left" + code);
    case VK_ERROR_DEVICE_LOST: throw Error(Status::device_failed, call, "the device was lost" + code, "open it again");
    default: throw Error(Status::device_failed, call, "failed" + code);
    }
}

std::vector<VkExtensionProperties> extensions_of(const InstanceFunctions& functions, VkPhysicalDevice physical) {
    return enumerate<VkExtensionProperties>("vkEnumerateDeviceExtensionProperties", [&](auto* count, auto* items) {
        return functions.EnumerateDeviceExtensionProperties(physical, nullptr, count, items);
    });
}

bool contains(const std::vector<VkExtensionProperties>& extensions, const char* name) {
    return std::any_of(extensions.begin(), extensions.end(),
                       [&](const auto& one) { return std::strcmp(one.extensionName, name) == 0; });
}

}  // namespace attune::vulkan
