#include "support/own_device.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

namespace attune::test {
namespace {

void* open_loader() {
    void* library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) throw Error(Status::no_device, "libvulkan.so.1", dlerror());
    return library;
}

template <class Item, class Call> std::vector<Item> listed(Call&& call) {
    std::uint32_t count = 0;
    call(&count, static_cast<Item*>(nullptr));
    std::vector<Item> items(count);
    call(&count, items.data());
    items.resize(count);
    return items;
}

}  // namespace

OwnDevice::OwnDevice(const Options& options) : library_(open_loader()), api_version_(options.api_version) {
    get_ = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library_, "vkGetInstanceProcAddr"));
    make_instance(options);
    const bool debug = std::any_of(options.instance_extensions.begin(), options.instance_extensions.end(),
                                   [](const char* name) { return std::strcmp(name, VK_EXT_DEBUG_UTILS_EXTENSION_NAME) == 0; });
    if (debug) make_messenger();
    make_device(options);
}

OwnDevice::~OwnDevice() {
    end_device();
    if (messenger_) instance_proc<PFN_vkDestroyDebugUtilsMessengerEXT>("vkDestroyDebugUtilsMessengerEXT")(instance_, messenger_, nullptr);
    if (instance_) instance_proc<PFN_vkDestroyInstance>("vkDestroyInstance")(instance_, nullptr);
    dlclose(library_);
}

void OwnDevice::make_instance(const Options& options) {
    const VkApplicationInfo    application{.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .pNext = nullptr, .pApplicationName = "host", .applicationVersion = 0,
                                           .pEngineName = nullptr, .engineVersion = 0, .apiVersion = options.api_version};
    const VkInstanceCreateInfo create{.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pNext = options.instance_next, .flags = 0, .pApplicationInfo = &application,
                                      .enabledLayerCount = static_cast<std::uint32_t>(options.layers.size()), .ppEnabledLayerNames = options.layers.data(),
                                      .enabledExtensionCount = static_cast<std::uint32_t>(options.instance_extensions.size()), .ppEnabledExtensionNames = options.instance_extensions.data()};
    const auto make = reinterpret_cast<PFN_vkCreateInstance>(get_(nullptr, "vkCreateInstance"));
    vulkan::check(make(&create, nullptr, &instance_), "vkCreateInstance");
}

void OwnDevice::make_messenger() {
    const VkDebugUtilsMessengerCreateInfoEXT create{
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT, .pNext = nullptr, .flags = 0,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT, .pfnUserCallback = note, .pUserData = this};
    vulkan::check(instance_proc<PFN_vkCreateDebugUtilsMessengerEXT>("vkCreateDebugUtilsMessengerEXT")(instance_, &create, nullptr, &messenger_), "vkCreateDebugUtilsMessengerEXT");
}

void OwnDevice::make_device(const Options& options) {
    const auto physical = listed<VkPhysicalDevice>([&](auto* count, auto* items) { instance_proc<PFN_vkEnumeratePhysicalDevices>("vkEnumeratePhysicalDevices")(instance_, count, items); });
    if (physical.empty()) throw Error(Status::no_device, "Vulkan", "there is no device");
    physical_ = physical.front();
    const auto families = listed<VkQueueFamilyProperties>([&](auto* count, auto* items) {
        instance_proc<PFN_vkGetPhysicalDeviceQueueFamilyProperties>("vkGetPhysicalDeviceQueueFamilyProperties")(physical_, count, items);
    });
    const auto computes = std::find_if(families.begin(), families.end(), [](const auto& family) { return family.queueFlags & VK_QUEUE_COMPUTE_BIT; });
    family_ = static_cast<std::uint32_t>(computes - families.begin());

    if (options.setup) options.setup(*this, setup_);
    const float                   priority = 1;
    const VkDeviceQueueCreateInfo queue{.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .pNext = nullptr, .flags = 0, .queueFamilyIndex = family_, .queueCount = 1, .pQueuePriorities = &priority};
    const VkDeviceCreateInfo      create{.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .pNext = setup_.features ? setup_.features : setup_.next, .flags = 0, .queueCreateInfoCount = 1, .pQueueCreateInfos = &queue,
                                         .enabledLayerCount = 0, .ppEnabledLayerNames = nullptr, .enabledExtensionCount = static_cast<std::uint32_t>(setup_.extensions.size()),
                                         .ppEnabledExtensionNames = setup_.extensions.data(), .pEnabledFeatures = setup_.plain};
    vulkan::check(instance_proc<PFN_vkCreateDevice>("vkCreateDevice")(physical_, &create, nullptr, &device_), "vkCreateDevice");
    get<PFN_vkGetDeviceQueue>("vkGetDeviceQueue")(device_, family_, 0, &queue_);
}

PFN_vkVoidFunction OwnDevice::device_proc(const char* name) const { return instance_proc<PFN_vkGetDeviceProcAddr>("vkGetDeviceProcAddr")(device_, name); }

void OwnDevice::end_device() {
    if (device_) get<PFN_vkDestroyDevice>("vkDestroyDevice")(device_, nullptr);
    device_ = VK_NULL_HANDLE;
}

Device::Import OwnDevice::import(const DeviceCaps& caps) const {
    Device::Import given;
    given.get_instance_proc = reinterpret_cast<GetInstanceProc>(get_);
    given.instance          = instance_;
    given.physical_device   = physical_;
    given.device            = device_;
    given.queues            = {{.handle = queue_, .family = family_, .index = 0}};
    given.api_version       = api_version_;
    given.extensions        = setup_.extensions;
    given.features          = setup_.features;
    given.caps              = caps;
    return given;
}

VkBool32 OwnDevice::note(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT, const VkDebugUtilsMessengerCallbackDataEXT* data, void* self) {
    OwnDevice&            device = *static_cast<OwnDevice*>(self);
    const std::lock_guard guard(device.mutex_);
    device.messages_.emplace_back(std::string(data->pMessageIdName ? data->pMessageIdName : "") + ": " + data->pMessage);
    return VK_FALSE;
}

std::vector<std::string> OwnDevice::messages() const {
    const std::lock_guard guard(mutex_);
    return messages_;
}

}  // namespace attune::test
