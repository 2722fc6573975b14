#include "support/test_devices.h"

#include <cstdlib>

namespace attune::test {
namespace {

std::string setting(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value && *value ? value : otherwise;
}

}  // namespace

std::string profile() { return setting("ATTUNE_TEST_PROFILE", "lavapipe"); }

std::size_t row_share() {
    const unsigned long share = std::strtoul(setting("ATTUNE_TEST_SHARE", "1").c_str(), nullptr, 10);
    return share ? share : 1;
}

bool takes_few_rows() { return row_share() > 1 && profile() != "lavapipe"; }

const std::vector<CappedProfile>& capped_profiles() {
    constexpr std::uint32_t kibi = 1u << 10, mebi = 1u << 20;
    // A device of the least that Vulkan 1.1 promises, and what is smaller still in one respect or in all.
    static const std::vector<CappedProfile> profiles = {
        {"floor", {.max_invocations = 128, .max_groups = 65535, .shared_memory = 16 * kibi, .max_binding = 128 * mebi,
                   .offset_alignment = 256, .treat = DeviceCaps::Treat::as_gpu}},
        {"binding1m", {.max_binding = mebi, .offset_alignment = 256}},
        {"binding64k", {.max_binding = 64 * kibi, .offset_alignment = 256}},
        {"heap64m", {.device_memory = 64 * mebi}},
        {"no_subgroups", {.no_subgroups = true}},
        {"smallest", {.max_invocations = 128, .max_groups = 65535, .shared_memory = 16 * kibi, .max_binding = 64 * kibi,
                      .max_allocation = 32 * mebi, .offset_alignment = 256, .device_memory = 64 * mebi, .no_subgroups = true,
                      .treat = DeviceCaps::Treat::as_gpu}},
    };
    return profiles;
}

DeviceCaps profile_caps() {
    for (const CappedProfile& one : capped_profiles())
        if (one.name == profile()) return one.caps;
    return {};
}

namespace {

// Tests look at each kernel themselves, also at one that a device would refuse.
Device::Options at_their_word(const DeviceCaps& caps) {
    return {.select = "", .caps = caps, .get_instance_proc = nullptr, .qualify = false};
}

}  // namespace

const Device& main_device() {
    static const Device device = Device::open(at_their_word(profile_caps()));
    return device;
}

const Device& as_gpu_device() {
    static const Device device = Device::open(at_their_word({.treat = DeviceCaps::Treat::as_gpu}));
    return device;
}

}  // namespace attune::test
