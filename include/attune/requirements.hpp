// What attune needs of a device and what it can make use of, before the host makes the device; and how that gets
// into what the host gives to vkCreateDevice. Nothing beyond Vulkan 1.1 and a queue that computes is required: a host
// that ignores this header loses nothing but what `gain` says.
//
//     VkPhysicalDeviceFeatures2 features = ...;             // the host's own chain
//     const attune::MergedRequirements merged(target, features, extensions);
//     create.pNext                   = &features;
//     create.enabledExtensionCount   = merged.extensions().size();
//     create.ppEnabledExtensionNames = merged.extensions().data();
//     vkCreateDevice(physical, &create, nullptr, &device);  // `merged` is still there
//
// Like all of attune: needs no vulkan.h, never prints; each call may be made from any thread.
#pragma once

#include <attune/device.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace attune {

struct Requirement {
    enum class Kind { version, queue, extension, feature };

    Kind        kind = Kind::extension;
    bool        required = false;
    bool        met = false;           // the device has it, at the version that the host uses
    // Static storage.
    const char* name = "";             // "1.1", "compute", "VK_KHR_timeline_semaphore", "timelineSemaphore"
    const char* feature_struct = "";   // of a feature: "VkPhysicalDeviceTimelineSemaphoreFeatures"
    const char* gain = "";             // a sentence
};

// The device that the host is about to make.
struct RequirementTarget {
    enum class Profile { baseline, useful };

    GetInstanceProc     get_instance_proc = nullptr;   // vkGetInstanceProcAddr
    VkInstance_T*       instance = nullptr;
    VkPhysicalDevice_T* physical_device = nullptr;
    std::uint32_t       api_version = 0;               // VkApplicationInfo::apiVersion; 0: 1.1
    Profile             profile = Profile::useful;     // baseline: what is required and nothing else, so no feature
};

// All that attune requires, and with `useful` all that it can make use of; an extension only if the version lacks what
// it brings. Throws usage for a missing handle or entry point.
std::vector<Requirement> requirements(const RequirementTarget& target);

// Puts what is optional, and what the device supports, into the host's chain and list: sets bits in structs that are
// there, aggregates (VkPhysicalDeviceVulkan12Features) first; links a struct of its own where there is none. Clears
// no bit, takes no struct or extension out, and adds none twice.
//
// Owns what it links and names, so it must outlive vkCreateDevice (and Device::import, if that is given the same
// chain). When it ends, or at unlink(), its structs leave the chain; bits that it set in the host's stay set.
class MergedRequirements {
public:
    // `features`: head of the chain, which must not move meanwhile; a host that enables features by
    // VkDeviceCreateInfo::pEnabledFeatures puts the rest of its chain behind an empty one, and gives its `pNext` to
    // vkCreateDevice. `extensions`: of the device, copied as pointers. Throws usage like requirements().
    MergedRequirements(const RequirementTarget& target, VkPhysicalDeviceFeatures2& features,
                       std::span<const char* const> extensions = {});
    ~MergedRequirements();
    MergedRequirements(const MergedRequirements&)            = delete;
    MergedRequirements& operator=(const MergedRequirements&) = delete;

    // The host's, then those that were added.
    const std::vector<const char*>& extensions() const noexcept { return extensions_; }
    std::size_t                     added_extensions() const noexcept { return added_; }

    void unlink() noexcept;

private:
    struct Linked;

    VkPhysicalDeviceFeatures2&           head_;
    std::vector<const char*>             extensions_;
    std::size_t                          added_ = 0;
    std::vector<std::unique_ptr<Linked>> linked_;
};

}  // namespace attune
