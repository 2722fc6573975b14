// One kernel launch as plain data, and what an op's lowering returns: the executor turns it into
// Vulkan calls, tests read it without a driver.
#pragma once

#include "kernels/kernel.h"

#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace attune {

enum class Access : std::uint8_t { read = 1, write = 2, both = 3 };

// What one descriptor sees. Bindings are buffers 0..n-1 in the order of Dispatch::bindings.
struct Binding {
    enum Kind : std::uint8_t {
        value,          // index: id of a graph value that is not a weight
        weight_chunk,   // index: id of a weight value; chunk: which part of its layout
        temporary,      // index: into Lowered::temporaries
        counters,       // words that are 0 before a dispatch and that it leaves so
    };
    static constexpr std::uint32_t unplaced = UINT32_MAX;   // index of a temporary that place_temporary() adds

    Kind          kind = value;
    std::uint32_t index = 0;
    std::uint32_t chunk = 0;
    std::uint64_t offset = 0;   // bytes into it; obeys DeviceTraits::offset_alignment
    std::uint64_t bytes = 0;    // exactly what the kernel may touch
    Access        access = Access::read;
    std::uint32_t texel_bytes = 0;   // 8 or 16: the kernel reads it as texels of so many (texels.h); 0: a storage buffer
};

// Push constants: one trivially copyable struct of at most 128 bytes, shared with the shader.
class PushBytes {
public:
    PushBytes() = default;

    template <class Params> PushBytes(const Params& params) : size_(sizeof params) {
        static_assert(std::is_trivially_copyable_v<Params> && sizeof(Params) <= 128 && sizeof(Params) % 4 == 0);
        std::memcpy(data_.data(), &params, sizeof params);
    }

    const std::byte* data() const noexcept { return data_.data(); }
    std::uint32_t    size() const noexcept { return size_; }

private:
    std::array<std::byte, 128> data_{};
    std::uint32_t              size_ = 0;
};

struct Groups {
    std::uint32_t x = 1, y = 1, z = 1;
};

// What a dispatch costs, for cutting work into submissions and for people.
struct Cost {
    double flops = 0;
    double bytes = 0;   // read and written once
};

struct Dispatch {
    const Kernel*              kernel = nullptr;
    std::vector<Binding>       bindings;
    std::vector<std::uint32_t> constants;   // specialization constants 0, 1, ...
    PushBytes                  push;
    Groups                     groups;
    Cost                       cost;
};

struct Lowered {
    std::vector<Dispatch>      dispatches;
    std::vector<std::uint64_t> temporaries;   // bytes of each; live from first to last use
};

}  // namespace attune
