#include <attune/tensor.hpp>

#include <bit>

namespace attune {
namespace {

constexpr std::uint32_t infinity_bits = 0x7F800000u;

// value / 2^shift, rounded to nearest, ties to even.
constexpr std::uint32_t round_shift(std::uint32_t value, unsigned shift) noexcept {
    const std::uint32_t half_minus_one = (1u << (shift - 1)) - 1u;
    return (value + half_minus_one + ((value >> shift) & 1u)) >> shift;
}

// Magnitude of a float that is not NaN, as the 15 low bits of a binary16.
constexpr std::uint32_t f16_magnitude(std::uint32_t magnitude) noexcept {
    if (magnitude >= 0x477FF000u) return 0x7C00u;                                   // 65520 and more: infinity
    if (magnitude >= 0x38800000u) return round_shift(magnitude - 0x38000000u, 13);  // normal, 2^-14 and more
    const std::uint32_t exponent = magnitude >> 23;
    if (exponent < 102) return 0;                                             // less than 2^-25
    return round_shift((magnitude & 0x7FFFFFu) | 0x800000u, 126 - exponent);  // in units of 2^-24
}

}  // namespace

std::uint16_t to_f16(float value) noexcept {
    const auto          bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > infinity_bits) {
        const std::uint32_t payload = (magnitude >> 13) & 0x3FFu;
        return static_cast<std::uint16_t>(sign | 0x7C00u | (payload ? payload : 0x200u));
    }
    return static_cast<std::uint16_t>(sign | f16_magnitude(magnitude));
}

float from_f16(std::uint16_t bits) noexcept {
    const std::uint32_t sign = (bits & 0x8000u) << 16, exponent = (bits >> 10) & 31u, mantissa = bits & 0x3FFu;
    if (exponent == 31) return std::bit_cast<float>(sign | infinity_bits | (mantissa << 13));
    if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
}

std::uint16_t to_bf16(float value) noexcept {
    const auto          bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > infinity_bits) {
        const std::uint32_t payload = (magnitude >> 16) & 0x7Fu;
        return static_cast<std::uint16_t>(sign | 0x7F80u | (payload ? payload : 0x40u));
    }
    return static_cast<std::uint16_t>(sign | round_shift(magnitude, 16));
}

float from_bf16(std::uint16_t bits) noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

}  // namespace attune
