// Khronos' validation layer under a host's device, with synchronization validation. Layers are chosen by the
// environment of the whole process: test cases that need one are called "validation: ...", skipped unless asked for,
// and run by themselves (devices.cmake).
#pragma once

#include "support/own_device.h"

namespace attune::test {

// Once, before the first device: takes the newest layer that loads here.
void choose_layer();

// What makes a device with the layer; its messages are OwnDevice::messages().
OwnDevice::Options validated();

std::string joined(const std::vector<std::string>& messages);
bool        reported(const std::vector<std::string>& messages, const char* expected);   // a part of one of them

}  // namespace attune::test
