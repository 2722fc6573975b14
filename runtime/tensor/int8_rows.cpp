#include "tensor/int8_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attune {

float int8_scale(std::span<const double> row) noexcept {
    double most = 0;
    for (const double value : row) most = std::max(most, std::fabs(value));
    return most > 0 ? static_cast<float>(most / 127) : 1.0f;
}

float closest_int8_scale(std::span<const double> row) noexcept {
    constexpr int    candidates = 8;
    constexpr double step = 0.005, rounding = 0x1.8p52;  // adding it leaves no binary places, to nearest even
    double           most = 0, sum = 0;
    for (const double value : row) {
        most = std::max(most, std::fabs(value));
        sum += value;
    }
    if (!std::isfinite(sum)) return std::numeric_limits<float>::quiet_NaN();
    if (most == 0) return 1;
    // For given whole numbers q of the values v the best scale is v.q / q.q, and the larger (v.q)^2 / q.q the better.
    double best = 0, scale = most / 127;
    for (int i = 0; i < candidates; ++i) {
        const double steps = 127 / (most * (1 + step * i));
        double       products = 0, squares = 0;
        for (const double value : row) {
            const double q = value * steps + rounding - rounding;
            products += value * q;
            squares += q * q;
        }
        if (products * products > best * squares) {
            best  = products * products / squares;
            scale = products / squares;
        }
    }
    return static_cast<float>(scale);
}

std::int8_t to_int8(double value, float scale) noexcept {
    const double steps = value / static_cast<double>(scale);
    return std::isnan(steps) ? std::int8_t{0} : static_cast<std::int8_t>(std::clamp(std::nearbyint(steps), -128.0, 127.0));
}

}  // namespace attune
