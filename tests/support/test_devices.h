// The device that a test program runs on, as its environment says (cmake/device_tests.cmake).
#pragma once

#include <attune/device.hpp>

#include <string>

namespace attune::test {

std::string profile();     // ATTUNE_TEST_PROFILE, or "lavapipe"
std::size_t row_share();   // ATTUNE_TEST_SHARE: every Nth row of large tables; 1 if it is not set

// What the smallest Vulkan 1.1 device has, and kernels for devices that are no CPU.
DeviceCaps floor_caps();

// The profile's device: opened once, kept until the program ends. Throws if there is none.
const Device& main_device();

// The same device with kernels for GPUs at its own limits.
const Device& as_gpu_device();

}  // namespace attune::test
