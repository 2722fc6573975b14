// Calls one function of the oracle on arrays, and compares numbers.
#pragma once

#include "oracle/functions.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

namespace attune::test {

using oracle::Array;

inline constexpr double infinity     = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
inline constexpr double no_id        = 0xffffffffu;

// Numbers of a fixed seed, between -1 and 1.
inline Array random_array(Shape shape, unsigned seed) {
    std::mt19937 random(seed);
    Array        array{shape, std::vector<double>(shape.elements())};
    for (double& value : array.values) value = static_cast<double>(random()) / 2147483648.0 - 1;
    return array;
}

// The op's one output of the given shape.
inline Array called(void (*op)(const oracle::Call&), const Shape& shape, const std::vector<const Array*>& inputs,
                    const Attributes& attributes = {}) {
    Array out{shape, std::vector<double>(shape.elements())};
    op({attributes, inputs, {{&out, Type::f32}}});
    return out;
}

// Equal up to the last digits of double; infinities and NaN must be where they are expected.
inline void check_close(const std::vector<double>& got, const std::vector<double>& expected, double tolerance = 1e-12) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        CAPTURE(i);
        CAPTURE(got[i]);
        CAPTURE(expected[i]);
        const bool same = std::isnan(expected[i]) ? std::isnan(got[i])
                          : std::isinf(expected[i])
                              ? got[i] == expected[i]
                              : std::fabs(got[i] - expected[i]) <= tolerance * (1 + std::fabs(expected[i]));
        CHECK(same);
    }
}

}  // namespace attune::test
