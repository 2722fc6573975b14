#include "vulkan/enabled.h"

#include "vulkan/context.h"
#include "vulkan/optional_features.h"

#include <algorithm>

namespace attune::vulkan {
namespace {

// "" if it is enabled, else why it is not.
std::string why_not(const OptionalFeature& feature, const Device::Import& import, const Enabled& enabled) {
    const auto& extensions = enabled.extensions;
    if (!import.features) return "the import does not say which features are enabled";
    if (enabled.version < feature.core_in &&
        std::find(extensions.begin(), extensions.end(), feature.extension) == extensions.end())
        return "the import has Vulkan " + version_text(enabled.version) + " and does not list " + feature.extension;
    const VkBool32* bit = find_bit(static_cast<const void*>(import.features), feature);
    if (!bit || !*bit) return std::string("the import does not list ") + feature.name + " as enabled";
    return {};
}

}  // namespace

Enabled read_enabled(const Device::Import& import, std::uint32_t device_version, const InstanceFunctions& instance,
                     DeviceFunctions& functions) {
    Enabled enabled{.version             = usable_version(import.api_version, device_version),
                    .timeline_semaphores = false,
                    .timeline_why        = {},
                    .shader_float16      = false,
                    .float16_why         = {},
                    .shader_int64        = import.features && import.features->features.shaderInt64,
                    .extensions          = {import.extensions.begin(), import.extensions.end()}};
    if (import.api_version != 0 && import.api_version < VK_API_VERSION_1_1)
        throw Error(Status::usage, "Device::import", "the host uses Vulkan " + version_text(import.api_version),
                    "1.1 is needed: VkApplicationInfo::apiVersion");
    if (std::ranges::find(enabled.extensions, VK_EXT_DEBUG_UTILS_EXTENSION_NAME) != enabled.extensions.end())
        load_labels(instance, import.device, functions);
    enabled.float16_why    = why_not(shader_float16(), import, enabled);
    enabled.shader_float16 = enabled.float16_why.empty();
    if (enabled.shader_float16) enabled.float16_why = "the import lists shaderFloat16 as enabled";
    enabled.timeline_why = why_not(timeline_semaphores(), import, enabled);
    if (!enabled.timeline_why.empty()) return enabled;
    enabled.timeline_semaphores = load_timeline(instance, import.device, enabled.version, functions);
    enabled.timeline_why        = enabled.timeline_semaphores ? "the import lists timelineSemaphore as enabled"
                                                              : "they are enabled, but their entry points are missing";
    return enabled;
}

Device::Queue compute_queue(const Device::Import& import, const InstanceFunctions& instance) {
    const auto found = std::find_if(import.queues.begin(), import.queues.end(), [](const Device::Queue& queue) {
        return queue.role == Device::Queue::Role::compute && queue.handle;
    });
    if (found == import.queues.end()) throw Error(Status::usage, "Device::import", "needs a queue for compute");
    const auto families = queue_families(instance, import.physical_device);
    if (found->family >= families.size() || !(families[found->family].queueFlags & VK_QUEUE_COMPUTE_BIT))
        throw Error(Status::usage, "Device::import",
                    "queue family " + std::to_string(found->family) + " of this device does not compute");
    return *found;
}

}  // namespace attune::vulkan
