// The device that a test program runs on, as its environment says (cmake/device_tests.cmake).
#pragma once

#include <attune/device.hpp>

#include <string>
#include <vector>

namespace attune::test {

std::string profile();     // ATTUNE_TEST_PROFILE, or "lavapipe"
std::size_t row_share();   // ATTUNE_TEST_SHARE: every Nth row of large tables; 1 if it is not set

// Whether a few rows of what is the same everywhere have to do: rows are shared out, and most of them are lavapipe's own device's.
// A driver that has not seen the kernels yet compiles for each model and each size.
bool takes_few_rows();

// Profiles that lower a device's limits: the driver's own limits stay, the library sees these.
struct CappedProfile {
    const char* name;
    DeviceCaps  caps;
};
const std::vector<CappedProfile>& capped_profiles();

// Those of the profile; none for a profile that is a driver as it is.
DeviceCaps profile_caps();

// The profile's device: opened once, kept until the program ends. Throws if there is none. Its kernels have not qualified:
// the tests are there to say which of them are wrong.
const Device& main_device();

// The same device with kernels for GPUs at its own limits.
const Device& as_gpu_device();

}  // namespace attune::test
