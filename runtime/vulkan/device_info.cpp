#include "vulkan/context.h"

#include "base/trace.h"
#include "tuning/table.h"

#include <algorithm>

namespace attune {

const char* name_of(DeviceInfo::Kind kind) noexcept {
    static constexpr const char* names[] = {"other", "integrated", "discrete", "virtual", "cpu"};
    return names[static_cast<std::size_t>(kind)];
}

namespace vulkan {
namespace {

DeviceInfo::Kind kind_of(VkPhysicalDeviceType type) {
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return DeviceInfo::Kind::integrated;
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return DeviceInfo::Kind::discrete;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return DeviceInfo::Kind::virtual_gpu;
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return DeviceInfo::Kind::cpu;
    default: return DeviceInfo::Kind::other;
    }
}

std::string hexadecimal(const std::uint8_t* bytes, std::size_t count) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string           text;
    for (std::size_t i = 0; i < count; ++i) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

// What only Vulkan 1.1 and later devices can be asked.
void read_newer_facts(const InstanceFunctions& functions, VkPhysicalDevice physical, std::uint32_t version,
                      DeviceInfo& info) {
    VkPhysicalDeviceDriverProperties driver{};
    driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
    VkPhysicalDeviceMaintenance3Properties maintenance{};
    maintenance.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES;
    maintenance.pNext = version >= VK_API_VERSION_1_2 ? &driver : nullptr;
    VkPhysicalDeviceSubgroupProperties subgroup{};
    subgroup.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES;
    subgroup.pNext = &maintenance;
    VkPhysicalDeviceIDProperties id{};
    id.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
    id.pNext = &subgroup;
    VkPhysicalDeviceProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &id;
    functions.GetPhysicalDeviceProperties2(physical, &properties);
    info.subgroup_size    = subgroup.subgroupSize;
    info.subgroup_shuffle = (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) &&
                            (subgroup.supportedOperations & VK_SUBGROUP_FEATURE_SHUFFLE_BIT);
    info.max_allocation = maintenance.maxMemoryAllocationSize;
    info.uuid           = hexadecimal(id.deviceUUID, VK_UUID_SIZE);
    if (version < VK_API_VERSION_1_2) return;
    info.driver    = std::string(driver.driverName) + " " + driver.driverInfo;
    info.driver_id = static_cast<std::uint32_t>(driver.driverID);
}

template <class Number> void lower(Number& value, Number cap) {
    if (cap != 0) value = std::min(value, cap);
}

}  // namespace

std::string version_text(std::uint32_t version) {
    return std::to_string(VK_API_VERSION_MAJOR(version)) + "." + std::to_string(VK_API_VERSION_MINOR(version)) + "." +
           std::to_string(VK_API_VERSION_PATCH(version));
}

std::vector<VkQueueFamilyProperties> queue_families(const InstanceFunctions& functions, VkPhysicalDevice physical) {
    std::uint32_t count = 0;
    functions.GetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    functions.GetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
    return families;
}

bool has_compute_queue(const InstanceFunctions& functions, VkPhysicalDevice physical) {
    const auto families = queue_families(functions, physical);
    return std::any_of(families.begin(), families.end(),
                       [](const auto& family) { return family.queueFlags & VK_QUEUE_COMPUTE_BIT; });
}

DeviceInfo read_info(const InstanceFunctions& functions, VkPhysicalDevice physical) {
    VkPhysicalDeviceProperties properties;
    functions.GetPhysicalDeviceProperties(physical, &properties);
    const VkPhysicalDeviceLimits& limits = properties.limits;

    DeviceInfo info;
    info.name            = properties.deviceName;
    info.kind            = kind_of(properties.deviceType);
    info.vendor_id       = properties.vendorID;
    info.device_id       = properties.deviceID;
    info.vulkan_version  = version_text(properties.apiVersion);
    info.driver          = version_text(properties.driverVersion);
    info.max_invocations = std::min(limits.maxComputeWorkGroupInvocations, limits.maxComputeWorkGroupSize[0]);
    info.max_groups      = std::min(limits.maxComputeWorkGroupCount[0], limits.maxComputeWorkGroupCount[1]);
    info.shared_memory   = limits.maxComputeSharedMemorySize;
    info.max_binding     = limits.maxStorageBufferRange;
    info.max_allocation  = 1u << 30;
    info.offset_alignment =
        static_cast<std::uint32_t>(std::max<VkDeviceSize>(limits.minStorageBufferOffsetAlignment, 16));
    info.subgroup_size = 1;

    VkPhysicalDeviceMemoryProperties memory;
    functions.GetPhysicalDeviceMemoryProperties(physical, &memory);
    for (std::uint32_t heap = 0; heap < memory.memoryHeapCount; ++heap)
        if (memory.memoryHeaps[heap].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
            info.device_memory = std::max(info.device_memory, memory.memoryHeaps[heap].size);

    if (properties.apiVersion < VK_API_VERSION_1_1)
        info.why_not = "it has Vulkan " + info.vulkan_version + ", 1.1 is needed";
    else
        read_newer_facts(functions, physical, properties.apiVersion, info);
    if (info.why_not.empty() && !has_compute_queue(functions, physical)) info.why_not = "it has no queue that computes";
    info.usable = info.why_not.empty();
    return info;
}

DeviceInfo capped(DeviceInfo info, const DeviceCaps& caps) {
    lower(info.max_invocations, caps.max_invocations);
    lower(info.max_groups, caps.max_groups);
    lower(info.shared_memory, caps.shared_memory);
    lower(info.max_binding, caps.max_binding);
    lower(info.max_allocation, caps.max_allocation);
    lower(info.device_memory, caps.device_memory);
    info.offset_alignment = std::max(info.offset_alignment, caps.offset_alignment);
    if (caps.no_subgroups) {
        info.subgroup_size    = 1;
        info.subgroup_shuffle = false;
    }
    return info;
}

DeviceTraits traits_of(const DeviceInfo& info, const DeviceCaps& caps, const VkPhysicalDeviceLimits& limits) {
    DeviceTraits traits;
    traits.name             = info.name;
    traits.is_cpu           = caps.treat == DeviceCaps::Treat::as_it_is ? info.kind == DeviceInfo::Kind::cpu
                                                                        : caps.treat == DeviceCaps::Treat::as_cpu;
    traits.subgroup_size    = info.subgroup_size;
    traits.subgroup_shuffle = info.subgroup_shuffle;
    traits.max_invocations  = info.max_invocations;
    traits.max_group_size   = {limits.maxComputeWorkGroupSize[0], limits.maxComputeWorkGroupSize[1],
                               limits.maxComputeWorkGroupSize[2]};
    for (std::size_t axis = 0; axis < 3; ++axis)
        traits.max_groups[axis] = std::min(limits.maxComputeWorkGroupCount[axis], std::max(info.max_groups, 1u));
    traits.shared_memory    = info.shared_memory;
    traits.max_binding      = std::min<std::uint64_t>(info.max_binding, 1ull << 31);  // kernels index with 32 bits
    traits.max_allocation   = info.max_allocation;
    traits.offset_alignment = info.offset_alignment;
    if (traits.is_cpu) {
        traits.flops        = 6e9;
        traits.unit_seconds = 0.003;
    }
    traits.tuning = tuning_row(traits).tuning;
    return traits;
}

Timestamps read_timestamps(const InstanceFunctions& functions, VkPhysicalDevice physical, std::uint32_t queue_family) {
    VkPhysicalDeviceProperties properties;
    functions.GetPhysicalDeviceProperties(physical, &properties);
    const auto families = queue_families(functions, physical);
    return {.bits        = queue_family < families.size() ? families[queue_family].timestampValidBits : 0,
            .nanoseconds = static_cast<double>(properties.limits.timestampPeriod)};
}

std::string device_text(const Device::Context& context) {
    const DeviceInfo&   info   = context.info();
    const DeviceTraits& traits = context.traits();
    const auto          n      = [](std::uint64_t value) { return std::to_string(value); };
    std::string         text   = n(info.index) + " " + info.name + " (" + name_of(info.kind) + "), Vulkan " +
                       info.vulkan_version + ", driver " + info.driver + "\n";
    text += "memory " + byte_count(info.device_memory) + ", allocations up to " + byte_count(info.max_allocation) +
            ", bindings up to " + byte_count(traits.max_binding) + ", offsets by " + n(traits.offset_alignment) + "\n";
    text += "workgroups of " + n(traits.max_invocations) + " invocations, " + n(traits.shared_memory) +
            " bytes of shared memory, " + n(traits.max_groups[0]) + " groups; subgroups of " + n(traits.subgroup_size) +
            (traits.subgroup_shuffle ? " with shuffle\n" : "\n");
    const Timestamps& stamps = context.timestamps();
    text += "queue family " + n(context.queue_family()) +
            (stamps.bits ? ", timestamps of " + n(stamps.bits) + " bits" : std::string(", no timestamps")) + "\n";
    text += std::string("kernels for ") + (traits.is_cpu ? "CPUs" : "GPUs") + "\n";
    return text;
}

}  // namespace vulkan
}  // namespace attune
