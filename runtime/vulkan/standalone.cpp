// Devices of our own: instance and device are made here and then imported like anybody else's.
#include "base/platform.h"
#include "vulkan/context.h"

#include <attune/requirements.hpp>

#include <algorithm>
#include <cctype>
#include <optional>

namespace attune {
namespace {

using namespace vulkan;

constexpr std::uint32_t instance_version = VK_API_VERSION_1_2;

// The system's Vulkan loader, loaded as long as somebody holds it; or what the caller brought.
struct Loader {
    SharedLibrary             library;
    PFN_vkGetInstanceProcAddr get = nullptr;
};

Loader open_loader(GetInstanceProc given) {
    if (given) return {.library = {}, .get = reinterpret_cast<PFN_vkGetInstanceProcAddr>(given)};
    static constexpr const char* names[] = {"libvulkan.so.1",                       // Linux and the BSDs
                                            "libvulkan.so",                         // Android
                                            "vulkan-1.dll",                         // Windows
                                            "libvulkan.1.dylib",                    // macOS: a loader, looked for in
                                            "/opt/homebrew/lib/libvulkan.1.dylib",  // the usual places and Homebrew's,
                                            "libMoltenVK.dylib"};                   // or the driver without one
    for (const char* name : names) {
        auto library = SharedLibrary::open(name);
        if (!library) continue;
        const auto get = reinterpret_cast<PFN_vkGetInstanceProcAddr>(library.symbol("vkGetInstanceProcAddr"));
        if (get) return {.library = std::move(library), .get = get};
    }
    throw Error(Status::no_device, "Vulkan", "there is no Vulkan loader on this system",
                "install it: libvulkan1 on Debian, vulkan-icd-loader, the Vulkan SDK or the GPU vendor's driver elsewhere");
}

struct Instance {
    Loader            loader;
    OwnerFunctions    owner;
    InstanceFunctions functions;
    VkInstance        handle = VK_NULL_HANDLE;

    Instance()                           = default;
    Instance(const Instance&)            = delete;
    Instance& operator=(const Instance&) = delete;
    ~Instance() {
        if (handle && owner.DestroyInstance) owner.DestroyInstance(handle, nullptr);
    }
};

std::shared_ptr<Instance> open_instance(GetInstanceProc get_instance_proc) {
    auto instance                = std::make_shared<Instance>();
    instance->loader             = open_loader(get_instance_proc);
    const GlobalFunctions global = load_global(instance->loader.get);
    const auto            extensions =
        enumerate<VkExtensionProperties>("vkEnumerateInstanceExtensionProperties", [&](auto* count, auto* items) {
            return global.EnumerateInstanceExtensionProperties(nullptr, count, items);
        });
    // MoltenVK is listed only to programs that say they know it is not quite Vulkan.
    std::vector<const char*> enabled;
    VkInstanceCreateFlags    flags = 0;
    if (contains(extensions, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME)) {
        enabled.push_back(VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME);
        flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
    }

    const VkApplicationInfo    application{.sType              = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pNext              = nullptr,
                                           .pApplicationName   = "attune",
                                           .applicationVersion = 0,
                                           .pEngineName        = "attune",
                                           .engineVersion      = 0,
                                           .apiVersion         = instance_version};
    const VkInstanceCreateInfo create{.sType                   = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                      .pNext                   = nullptr,
                                      .flags                   = flags,
                                      .pApplicationInfo        = &application,
                                      .enabledLayerCount       = 0,
                                      .ppEnabledLayerNames     = nullptr,
                                      .enabledExtensionCount   = static_cast<std::uint32_t>(enabled.size()),
                                      .ppEnabledExtensionNames = enabled.data()};
    VkInstance                 handle = VK_NULL_HANDLE;
    const VkResult             result = global.CreateInstance(&create, nullptr, &handle);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        throw Error(Status::no_device, "vkCreateInstance", "there is no Vulkan driver on this system",
                    "install the GPU's, or a software driver: mesa-vulkan-drivers on Debian");
    check(result, "vkCreateInstance");
    instance->handle = handle;
    load_owner(instance->loader.get, handle, instance->owner);
    instance->functions = load_instance(instance->loader.get, handle);
    return instance;
}

std::vector<VkPhysicalDevice> physical_devices(const Instance& instance) {
    return enumerate<VkPhysicalDevice>("vkEnumeratePhysicalDevices", [&](auto* count, auto* items) {
        return instance.owner.EnumeratePhysicalDevices(instance.handle, count, items);
    });
}

std::vector<DeviceInfo> read_all(const Instance& instance, const std::vector<VkPhysicalDevice>& devices) {
    std::vector<DeviceInfo> infos;
    for (const VkPhysicalDevice device : devices) {
        infos.push_back(read_info(instance.functions, device));
        infos.back().index = static_cast<std::uint32_t>(infos.size() - 1);
    }
    return infos;
}

int preference(const DeviceInfo& info) {
    static constexpr int order[] = {1, 3, 4, 2, 0};  // other, integrated, discrete, virtual, cpu
    return info.usable ? order[static_cast<std::size_t>(info.kind)] : -1;
}

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::string names_of(const std::vector<DeviceInfo>& infos) {
    std::string names;
    for (const DeviceInfo& info : infos)
        names += (names.empty() ? "" : ", ") + std::to_string(info.index) + " = " + info.name +
                 (info.usable ? "" : " (" + info.why_not + ")");
    return names.empty() ? "there is no device" : "there are: " + names;
}

std::size_t select(const std::vector<DeviceInfo>& infos, const std::string& wanted) {
    if (wanted.empty()) {
        const auto best = std::max_element(infos.begin(), infos.end(),
                                           [](const auto& a, const auto& b) { return preference(a) < preference(b); });
        if (best == infos.end() || !best->usable)
            throw Error(Status::no_device, "Vulkan", "no usable device; " + names_of(infos),
                        "for a software driver install mesa-vulkan-drivers (lavapipe)");
        return static_cast<std::size_t>(best - infos.begin());
    }
    for (std::size_t i = 0; i < infos.size(); ++i) {
        const bool number =
            std::all_of(wanted.begin(), wanted.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
        if (number ? wanted != std::to_string(i)
                   : lower_case(infos[i].name).find(lower_case(wanted)) == std::string::npos)
            continue;
        if (!infos[i].usable) throw Error(Status::no_device, infos[i].name, infos[i].why_not);
        return i;
    }
    throw Error(Status::no_device, "device " + wanted, "is not here; " + names_of(infos));
}

std::uint32_t compute_family(const InstanceFunctions& functions, VkPhysicalDevice physical) {
    const auto families = queue_families(functions, physical);
    for (std::uint32_t i = 0; i < families.size(); ++i)
        if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) return i;
    throw Error(Status::no_device, "Vulkan", "the device has no queue that computes");
}

// Ends with its last user; keeps the instance and the loader alive.
using OwnedDevice = std::shared_ptr<VkDevice_T>;

// A device as an import describes it, and what that description points to.
struct Made {
    OwnedDevice                       device;
    VkPhysicalDeviceFeatures2         features{};
    std::optional<MergedRequirements> merged;
};

// With what attune can make use of, like a host that follows requirements.hpp.
std::unique_ptr<Made> create_device(const std::shared_ptr<Instance>& instance, VkPhysicalDevice physical,
                                    std::uint32_t family) {
    std::vector<const char*> extensions;
    if (contains(extensions_of(instance->functions, physical), "VK_KHR_portability_subset"))
        extensions.push_back("VK_KHR_portability_subset");  // must be enabled where it exists
    auto made            = std::make_unique<Made>();
    made->features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    VkPhysicalDeviceFeatures2 there{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = nullptr, .features = {}};
    instance->functions.GetPhysicalDeviceFeatures2(physical, &there);
    made->features.features.shaderInt64 = there.features.shaderInt64;  // for twins (ops/texels.h), on devices of our own
    made->merged.emplace(RequirementTarget{.get_instance_proc = reinterpret_cast<GetInstanceProc>(instance->loader.get),
                                           .instance          = instance->handle,
                                           .physical_device   = physical,
                                           .api_version       = instance_version},
                         made->features, extensions);
    const auto& enabled = made->merged->extensions();

    const float                   priority = 1.0f;
    const VkDeviceQueueCreateInfo queue{.sType            = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                        .pNext            = nullptr,
                                        .flags            = 0,
                                        .queueFamilyIndex = family,
                                        .queueCount       = 1,
                                        .pQueuePriorities = &priority};
    const VkDeviceCreateInfo      create{.sType                   = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                         .pNext                   = &made->features,
                                         .flags                   = 0,
                                         .queueCreateInfoCount    = 1,
                                         .pQueueCreateInfos       = &queue,
                                         .enabledLayerCount       = 0,
                                         .ppEnabledLayerNames     = nullptr,
                                         .enabledExtensionCount   = static_cast<std::uint32_t>(enabled.size()),
                                         .ppEnabledExtensionNames = enabled.data(),
                                         .pEnabledFeatures        = nullptr};
    VkDevice                      device = VK_NULL_HANDLE;
    check(instance->owner.CreateDevice(physical, &create, nullptr, &device), "vkCreateDevice");
    made->device = OwnedDevice(device, [instance](VkDevice handle) { instance->owner.DestroyDevice(handle, nullptr); });
    return made;
}

}  // namespace

std::vector<DeviceInfo> list_devices(GetInstanceProc get_instance_proc) {
    const auto instance = open_instance(get_instance_proc);
    return read_all(*instance, physical_devices(*instance));
}

Device Device::open() { return open(Options{}); }

Device Device::open(const Options& options) {
    const auto          instance = open_instance(options.get_instance_proc);
    const auto          devices  = physical_devices(*instance);
    const auto          infos    = read_all(*instance, devices);
    const std::size_t   chosen   = select(infos, options.select);
    const std::uint32_t family   = compute_family(instance->functions, devices[chosen]);
    const auto          made     = create_device(instance, devices[chosen], family);
    Queue               queue{.handle = nullptr, .family = family, .index = 0};
    instance->owner.GetDeviceQueue(made->device.get(), family, 0, &queue.handle);
    Import              ours;
    ours.get_instance_proc = reinterpret_cast<GetInstanceProc>(instance->loader.get);
    ours.instance          = instance->handle;
    ours.physical_device   = devices[chosen];
    ours.device            = made->device.get();
    ours.queues            = {queue};
    ours.api_version       = instance_version;
    ours.extensions        = made->merged->extensions();
    ours.features          = &made->features;
    ours.caps              = options.caps;
    ours.qualify           = options.qualify;
    return Device(std::make_shared<Context>(ours, made->device, infos[chosen].index));
}

}  // namespace attune
