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

DeviceCaps floor_caps() {
    return {.max_invocations = 128, .shared_memory = 16384, .max_binding = 1u << 27, .offset_alignment = 256, .treat = DeviceCaps::Treat::as_gpu};
}

const Device& main_device() {
    static const Device device = Device::open({.select = "", .caps = profile() == "floor" ? floor_caps() : DeviceCaps{}});
    return device;
}

const Device& as_gpu_device() {
    static const Device device = Device::open({.select = "", .caps = {.treat = DeviceCaps::Treat::as_gpu}});
    return device;
}

}  // namespace attune::test
