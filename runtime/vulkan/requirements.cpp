#include <attune/requirements.hpp>

#include "vulkan/context.h"
#include "vulkan/optional_features.h"

#include <algorithm>
#include <cstring>

namespace attune {
namespace {

using namespace vulkan;

// What the target's device has, at the version that the host uses.
struct Supported {
    InstanceFunctions                  functions;
    VkPhysicalDevice                   physical;
    std::uint32_t                      of_device, version;
    std::vector<VkExtensionProperties> extensions;

    explicit Supported(const RequirementTarget& target) : physical(target.physical_device) {
        if (!target.get_instance_proc || !target.instance || !target.physical_device)
            throw Error(Status::usage, "requirements", "needs get_instance_proc, instance and physical_device");
        functions =
            load_instance(reinterpret_cast<PFN_vkGetInstanceProcAddr>(target.get_instance_proc), target.instance);
        VkPhysicalDeviceProperties properties;
        functions.GetPhysicalDeviceProperties(physical, &properties);
        of_device  = properties.apiVersion;
        version    = usable_version(target.api_version, of_device);
        extensions = extensions_of(functions, physical);
    }

    bool in_core(const OptionalFeature& feature) const { return version >= feature.core_in; }

    // Below 1.1 features cannot be asked for.
    bool has(const OptionalFeature& feature) const {
        if (version < VK_API_VERSION_1_1 || (!in_core(feature) && !contains(extensions, feature.extension)))
            return false;
        std::vector<std::byte>    memory(feature.bytes);
        auto* const               asked = reinterpret_cast<VkBaseOutStructure*>(memory.data());
        VkPhysicalDeviceFeatures2 head{};
        head.sType   = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
        head.pNext   = asked;
        asked->sType = feature.type;
        functions.GetPhysicalDeviceFeatures2(physical, &head);
        return *find_bit(static_cast<void*>(asked), feature) == VK_TRUE;
    }
};

}  // namespace

std::vector<Requirement> requirements(const RequirementTarget& target) {
    const Supported          device(target);
    std::vector<Requirement> list;
    list.push_back({.kind           = Requirement::Kind::version,
                    .required       = true,
                    .met            = device.version >= VK_API_VERSION_1_1,
                    .name           = "1.1",
                    .feature_struct = "",
                    .gain           = "what all kernels are compiled for"});
    list.push_back({.kind           = Requirement::Kind::queue,
                    .required       = true,
                    .met            = has_compute_queue(device.functions, device.physical),
                    .name           = "compute",
                    .feature_struct = "",
                    .gain           = "where kernels run; one queue is enough, and may be the one that draws"});
    if (target.profile == RequirementTarget::Profile::baseline) return list;
    for (const OptionalFeature& feature : optional_features()) {
        if (!device.in_core(feature))
            list.push_back({.kind           = Requirement::Kind::extension,
                            .required       = false,
                            .met            = contains(device.extensions, feature.extension),
                            .name           = feature.extension,
                            .feature_struct = "",
                            .gain           = feature.gain});
        list.push_back({.kind           = Requirement::Kind::feature,
                        .required       = false,
                        .met            = device.has(feature),
                        .name           = feature.name,
                        .feature_struct = feature.struct_name,
                        .gain           = feature.gain});
    }
    return list;
}

// A feature's struct of our own, at the end of the host's chain.
struct MergedRequirements::Linked {
    std::vector<std::byte> memory;

    VkBaseOutStructure* get() { return reinterpret_cast<VkBaseOutStructure*>(memory.data()); }
};

MergedRequirements::MergedRequirements(const RequirementTarget& target, VkPhysicalDeviceFeatures2& features,
                                       std::span<const char* const> extensions)
    : head_(features), extensions_(extensions.begin(), extensions.end()) {
    const Supported device(target);
    if (target.profile == RequirementTarget::Profile::baseline) return;
    std::vector<const OptionalFeature*> wanted;
    for (const OptionalFeature& feature : optional_features()) {
        if (!device.has(feature)) continue;
        wanted.push_back(&feature);
        const bool listed = std::any_of(extensions_.begin(), extensions_.end(),
                                        [&](const char* name) { return std::strcmp(name, feature.extension) == 0; });
        if (!device.in_core(feature) && !listed) {
            extensions_.push_back(feature.extension);
            ++added_;
        }
        if (find_bit(static_cast<void*>(&head_), feature)) continue;
        linked_.push_back(std::make_unique<Linked>(Linked{std::vector<std::byte>(feature.bytes)}));
        linked_.back()->get()->sType = feature.type;
    }
    // Nothing can fail from here on: a host's chain is changed as a whole or not at all.
    auto* last = reinterpret_cast<VkBaseOutStructure*>(&head_);
    while (last->pNext) last = last->pNext;
    for (const auto& ours : linked_) last = last->pNext = ours->get();
    for (const OptionalFeature* feature : wanted) *find_bit(static_cast<void*>(&head_), *feature) = VK_TRUE;
}

MergedRequirements::~MergedRequirements() { unlink(); }

void MergedRequirements::unlink() noexcept {
    for (const auto& ours : linked_)
        for (auto* at = reinterpret_cast<VkBaseOutStructure*>(&head_); at; at = at->pNext)
            if (at->pNext == ours->get()) at->pNext = ours->get()->pNext;
    linked_.clear();
}

}  // namespace attune
