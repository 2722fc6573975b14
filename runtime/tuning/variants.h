// Ways of computing that are faster than the plain one, and may be wrong on a device: a compiler's bug, a subgroup
// that is not what it says. What a device has refused is a fact about it (DeviceTraits::refused).
#pragma once

#include <cstddef>
#include <cstdint>

namespace attune {

// Each is refused as a whole: its kernels add in one order, so that a row's bits do not depend on which of them it meets.
enum class Variant : std::uint8_t {
    linear_shared_8,  // eight lanes hand round what they loaded
    linear_shared_4,
    linear_chosen_shared,
    linear_blocks,     // tiles and slices in shared memory
    linear_norm,       // the last workgroup normalises
    linear_append,     // new keys and values go into their caches
    layer_norm_registers,  // eight lanes hold a row
    layer_norm_lanes,      // a row for each lane
    softmax_registers,
    softmax_lanes,
    attention_shared,  // eight lanes hand round keys and values
    attention_tiles,   // a workgroup for some rows of a query
    attention_slices,  // slices of keys, which the last workgroup joins
    beam_step,         // searches go on without the host
    top_k_shared,      // a workgroup keeps the longest lists
    ssru_shared,       // the cells of many beams in shared memory
    texel_loads,       // buffers are read as texels
};
inline constexpr std::size_t variant_count = 17;

// A set of them.
class Variants {
public:
    constexpr Variants() = default;
    constexpr explicit Variants(std::uint32_t bits) : bits_(bits) {}

    constexpr bool          has(Variant one) const noexcept { return bits_ >> static_cast<unsigned>(one) & 1; }
    constexpr void          add(Variant one) noexcept { bits_ |= 1u << static_cast<unsigned>(one); }
    constexpr bool          empty() const noexcept { return bits_ == 0; }
    constexpr std::uint32_t bits() const noexcept { return bits_; }

    friend constexpr bool operator==(Variants, Variants) = default;

private:
    std::uint32_t bits_ = 0;
};

}  // namespace attune
