// What a device does at most, through its driver and as kernels like attune's ask for it: the roofs that the times of a
// benchmark are shares of.
//
//     const attune::Roof copy = attune::measure_roof(device, attune::RoofKind::copy_shader);
//     if (copy.ok) std::printf("%s %.1f G%s\n", name_of(copy.kind), copy.per_second / 1e9, unit_of(copy.kind));
#pragma once

#include <attune/device.hpp>
#include <attune/session.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace attune {

enum class RoofKind : std::uint8_t {
    copy_buffer,        // vkCmdCopyBuffer from one buffer to another; bytes read and bytes written
    copy_shader,        // the same by a kernel, 16 bytes per lane and access
    read,               // sums over a buffer, which is only read; bytes
    fma_f32,            // a * x + b in registers, in chains that do not wait for each other; each is two operations.
                        // The faster of two kernels, which have 8 and 64 steps in a turn; it takes twice the time
    fma_f16,            // the same in f16, where the device has shaderFloat16 and it is enabled
    exp2,               // exp2 of f32 in registers
    dispatch,           // empty dispatches in one submission, with nothing between them
    dispatch_barrier,   // the same with a full barrier in front of each
    submit,             // an empty submission until the host has seen its fence; always by the host's clock
};
inline constexpr std::size_t roof_count = 9;

const char* name_of(RoofKind kind) noexcept;   // "copy_shader"
const char* unit_of(RoofKind kind) noexcept;   // "B/s", "FLOP/s", "exp2/s", "dispatches/s", "submissions/s"

struct Roof {
    RoofKind            kind = RoofKind::copy_buffer;
    bool                available = false;   // the device can be asked for it
    bool                ok = false;          // what it computed was right: copied bytes, sums, chains, counts
    std::string         why_not;             // if one of these is false
    ProgramTimes::Clock clock = ProgramTimes::Clock::device;
    double              per_second = 0;      // in unit_of(kind), by the median sample; 0 unless ok
    std::vector<double> samples;             // seconds of one byte, operation, exp2, dispatch or submission
};

struct RoofOptions {
    // Of each of the two buffers that copies go through, and of the one that is read. 0: by the device, several
    // times what a last cache has, as far as a binding and a quarter of the free memory allow: 128 MiB on CPUs, 1 GiB on
    // discrete GPUs, else 256 MiB.
    std::uint64_t bytes = 0;
    std::uint32_t samples = 10;
    // All samples of one roof together, about; as long again to warm up, at most. No sample is shorter than a millisecond.
    double        seconds = 0.05;
};

// Measures one roof: fills what it needs with random data, finds out how much work a sample takes, warms up, takes the
// samples and checks what was computed. Memory and time beside the samples: the buffers, and what filling and comparing
// them takes the host. Nothing else should use the device meanwhile, but may. Throws usage for 0 samples or less than
// 64 KiB, out_of_device_memory, device_failed.
Roof measure_roof(const Device& device, RoofKind kind, const RoofOptions& options = {});

}  // namespace attune
