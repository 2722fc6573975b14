// Whether a device computes what it is given: attune's optional kernels are used on a device only after they have
// reproduced golden cases on it, held against the oracle. What fails is replaced by plainer kernels.
//
// It happens by itself, in Session::prepare(), where Device::Options::qualify is on: a kernel that is in a program for the
// first time runs a few small cases, which takes milliseconds and up to 3 MiB of the device's memory meanwhile; where that
// is not there, it is tried later. The results that a graph gives follow from device, driver and graph alone, as ever.
#pragma once

#include <attune/device.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace attune {

// Kernels that belong together and are not used on a device any more.
struct RefusedVariant {
    std::string name;      // "linear_shared_8"
    std::string why;       // kernel, case and what was wrong with it, for people
    std::string instead;   // what is used in their place
};

// What a device has refused so far. Any thread.
std::vector<RefusedVariant> refused_variants(const Device& device);

// What the device has shown so far, for the next time that it is opened: which pipelines were right, what it has refused.
//
//     file.set("qualification " + device.info().uuid, attune::export_verdicts(device));    // CacheFile
std::vector<std::byte> export_verdicts(const Device& device);
// Takes what export_verdicts() gave, before anything is prepared: what was right is not tried again, and what was refused
// stays so, also where the device was not opened to be qualified. Throws bad_input, having changed nothing, where
// device, driver, version of attune or the hash over all of it is another; then all of it is found out anew. Any thread.
void import_verdicts(const Device& device, std::span<const std::byte> bytes);

// Tries all variants that attune would choose on this device, with f32, f16 and int8, and returns what it has refused: for
// diagnosis. Compiles some fifty pipelines: seconds on software drivers. Needs up to 3 MiB of the device's memory
// meanwhile. Throws what running a graph throws. Any thread.
std::vector<RefusedVariant> qualify(const Device& device);

}  // namespace attune
