// Facts about a device that choose kernels and sizes. Filled by runtime/vulkan from what the device
// reports, lowered by a caps override (tests, hosts), read by ops and plan. No Vulkan here.
#pragma once

#include "tuning/tuning.h"
#include "tuning/variants.h"

#include <array>
#include <cstdint>
#include <string>

namespace attune {

// What DeviceTraits says when nothing is known: the floor that Vulkan 1.1 guarantees.
struct DeviceTraits {
    std::string   name = "floor";
    bool          is_cpu = false;                     // a software driver: no real shared memory, no idle threads

    std::uint32_t subgroup_size = 1;                  // 1: unknown, never relied upon
    bool          subgroup_shuffle = false;           // compute shaders may exchange values between lanes
    std::uint32_t max_invocations = 128;              // per workgroup
    std::array<std::uint32_t, 3> max_group_size = {128, 128, 64};
    std::array<std::uint32_t, 3> max_groups = {65535, 65535, 65535};
    std::uint32_t shared_memory = 16384;              // bytes per workgroup
    std::uint64_t max_binding = 1ull << 27;           // bytes one descriptor may see
    std::uint64_t max_allocation = 1ull << 30;        // bytes of one allocation of device memory
    std::uint32_t offset_alignment = 256;             // of a binding's first byte
    std::uint64_t max_texels = 0;                     // that one binding has; 0: no buffer may be read as texels
    bool          int64 = false;                      // kernels may have integers of 64 bits
    double        flops = 2e11;                       // rough, to cut long work; learned from timestamps
    double        unit_seconds = 0.005;               // longest single dispatch aimed for
    double        submission_seconds = 0.1;           // longest submission aimed for

    Tuning        tuning = {};                        // how its kernels share out work (tuning/table.h)
    Variants      refused = {};                       // what this device was found to compute wrong

    bool allows(Variant variant) const noexcept { return !refused.has(variant); }
};

}  // namespace attune
