#include <attune/tensor.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

using namespace attune;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

struct RoundingCase {
    double        value;
    std::uint16_t bits;
};

const RoundingCase to_half[] = {
    {0.0, 0x0000},
    {-0.0, 0x8000},
    {1.0, 0x3C00},
    {-2.0, 0xC000},
    {0.1, 0x2E66},
    {1.0 + 0x1p-11, 0x3C00},             // a tie: to the even neighbour below
    {1.0 + 3 * 0x1p-11, 0x3C02},         // a tie: to the even neighbour above
    {1.0 + 0x1p-11 + 0x1p-23, 0x3C01},   // just above a tie
    {1.0 + 0x1p-11 + 0x1p-52, 0x3C01},   // above a tie by less than a float can show
    {1.0 + 0x1p-11 - 0x1p-52, 0x3C00},
    {65504.0, 0x7BFF},
    {65519.99, 0x7BFF},
    {65520.0, 0x7C00},
    {-65520.0, 0xFC00},
    {65520.0 - 0x1p-30, 0x7BFF},
    {1e30, 0x7C00},
    {1e300, 0x7C00},
    {-1e300, 0xFC00},
    {infinity, 0x7C00},
    {-infinity, 0xFC00},
    {0x1p-14, 0x0400},             // the smallest normal number
    {0x1p-14 - 0x1p-25, 0x0400},   // a tie between it and the largest subnormal
    {0x1p-14 - 0x1p-24, 0x03FF},
    {0x1p-24, 0x0001},
    {0x1p-25, 0x0000},
    {-0x1p-25, 0x8000},
    {0x1p-25 + 0x1p-60, 0x0001},
    {3 * 0x1p-25, 0x0002},
    {5 * 0x1p-25, 0x0002},
    {0x1p-26, 0x0000},
    {1e-300, 0x0000},
};

const RoundingCase to_brain[] = {
    {0.0, 0x0000},
    {-0.0, 0x8000},
    {1.0, 0x3F80},
    {1.0 + 0x1p-8, 0x3F80},
    {1.0 + 3 * 0x1p-8, 0x3F82},
    {1.0 + 0x1p-8 + 0x1p-50, 0x3F81},
    {3.3895313892515355e38, 0x7F7F},
    {3.4e38, 0x7F80},
    {1e300, 0x7F80},
    {-1e300, 0xFF80},
    {infinity, 0x7F80},
    {0x1p-126, 0x0080},
    {0x1p-133, 0x0001},
    {0x1p-134, 0x0000},
    {3 * 0x1p-134, 0x0002},
};

std::uint16_t stored(Type type, double value) {
    return Tensor::from_doubles({type, {}}, std::span(&value, 1)).as<std::uint16_t>()[0];
}

// The value of a binary16 pattern by its definition.
double definition(std::uint16_t bits) {
    const int    exponent = (bits >> 10) & 31, mantissa = bits & 1023;
    const double magnitude = exponent ? std::ldexp(1024 + mantissa, exponent - 25) : std::ldexp(mantissa, -24);
    return bits & 0x8000 ? -magnitude : magnitude;
}

}   // namespace

TEST_CASE("all 65,536 half patterns have their value and come back") {
    for (std::uint32_t pattern = 0; pattern < 65536; ++pattern) {
        const auto  bits    = static_cast<std::uint16_t>(pattern);
        const float value   = from_f16(bits);
        const bool  special = (bits & 0x7C00) == 0x7C00;
        if (!special) REQUIRE(static_cast<double>(value) == definition(bits));
        REQUIRE(std::isnan(value) == (special && (bits & 0x3FF) != 0));
        REQUIRE(std::isinf(value) == (special && (bits & 0x3FF) == 0));
        REQUIRE(std::signbit(value) == ((bits & 0x8000) != 0));
        REQUIRE(to_f16(value) == bits);
        REQUIRE(to_bf16(from_bf16(bits)) == bits);
    }
}

TEST_CASE("halves round to nearest, ties to even, from float and from double") {
    for (const RoundingCase& row : to_half) {
        CAPTURE(row.value);
        CHECK(stored(Type::f16, row.value) == row.bits);
        if (static_cast<double>(static_cast<float>(row.value)) == row.value)
            CHECK(to_f16(static_cast<float>(row.value)) == row.bits);
    }
    for (const RoundingCase& row : to_brain) {
        CAPTURE(row.value);
        CHECK(stored(Type::bf16, row.value) == row.bits);
        if (static_cast<double>(static_cast<float>(row.value)) == row.value)
            CHECK(to_bf16(static_cast<float>(row.value)) == row.bits);
    }
}

TEST_CASE("every midpoint of two halves goes to the even one, its float neighbours to the nearer one") {
    for (std::uint16_t bits = 0; bits < 0x7BFF; ++bits) {
        const auto  next   = static_cast<std::uint16_t>(bits + 1);
        const float middle = static_cast<float>((definition(bits) + definition(next)) / 2);
        REQUIRE(to_f16(middle) == (bits & 1 ? next : bits));
        REQUIRE(to_f16(std::nextafter(middle, 0.0f)) == bits);
        REQUIRE(to_f16(std::nextafter(middle, infinity)) == next);
    }
}

TEST_CASE("NaN stays NaN even if its payload lies in the bits that are dropped") {
    const float nan = std::bit_cast<float>(0x7F800001u);
    CHECK(std::isnan(from_f16(to_f16(nan))));
    CHECK(std::isnan(from_bf16(to_bf16(nan))));
    CHECK(std::isnan(from_f16(stored(Type::f16, std::nan("")))));
}
