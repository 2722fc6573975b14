// A host's device of Vulkan 1.2 with timeline semaphores, or of 1.1 without.
#pragma once

#include "support/own_device.h"

namespace attune::test {

class TimelineDevice : public OwnDevice {
public:
    explicit TimelineDevice(bool timeline) : OwnDevice(timeline ? with_timelines() : Options{}) {}

private:
    static Options with_timelines() {
        static VkPhysicalDeviceTimelineSemaphoreFeatures timeline{
            .sType             = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
            .pNext             = nullptr,
            .timelineSemaphore = VK_TRUE};
        static const VkPhysicalDeviceFeatures2 features{
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &timeline, .features = {}};
        Options options;
        options.api_version = VK_API_VERSION_1_2;
        options.setup       = [](const OwnDevice&, DeviceSetup& setup) { setup.features = &features; };
        return options;
    }
};

}  // namespace attune::test
