#include "base/checked.h"
#include "base/utf8.h"

#include <doctest/doctest.h>

using namespace attune;

namespace {

constexpr std::uint64_t top = ~std::uint64_t{0};

struct SumCase {
    std::uint64_t a, b;
    bool          fits;
};

const SumCase sums[] = {
    {0, 0, true}, {top, 0, true}, {top, 1, false}, {top - 1, 1, true}, {1ull << 63, 1ull << 63, false}};

const SumCase products[] = {{0, top, true},
                            {1, top, true},
                            {2, top, false},
                            {1ull << 32, 1ull << 32, false},
                            {1ull << 32, (1ull << 32) - 1, true},
                            {3, top / 3, true},
                            {3, top / 3 + 1, false}};

struct RangeCase {
    std::uint64_t offset, length, size;
    bool          inside;
};

const RangeCase ranges[] = {{0, 0, 0, true},    {0, 1, 0, false},    {1, 0, 0, false},
                            {4, 6, 10, true},   {4, 7, 10, false},   {10, 0, 10, true},
                            {11, 0, 10, false}, {1, top, 10, false}, {top, 1, 10, false}};

}   // namespace

TEST_CASE("checked sums and products are exact or absent") {
    for (const SumCase& row : sums) {
        CHECK(checked_add(row.a, row.b).has_value() == row.fits);
        if (row.fits) CHECK(*checked_add(row.a, row.b) == row.a + row.b);
    }
    for (const SumCase& row : products) {
        CHECK(checked_multiply(row.a, row.b).has_value() == row.fits);
        CHECK(checked_multiply(row.b, row.a).has_value() == row.fits);
        if (row.fits) CHECK(*checked_multiply(row.a, row.b) == row.a * row.b);
    }
}

TEST_CASE("ranges never wrap") {
    for (const RangeCase& row : ranges) CHECK(range_inside(row.offset, row.length, row.size) == row.inside);
}

TEST_CASE("UTF-8 is told from what is not") {
    const std::string_view good[] = {"",
                                     "a",
                                     "\x7F",
                                     "\xC2\x80",
                                     "\xDF\xBF",
                                     "\xE0\xA0\x80",
                                     "\xED\x9F\xBF",
                                     "\xEE\x80\x80",
                                     "\xEF\xBF\xBF",
                                     "\xF0\x90\x80\x80",
                                     "\xF4\x8F\xBF\xBF"};
    const std::string_view bad[]  = {"\x80",
                                     "\xC0\x80",
                                     "\xC1\xBF",
                                     "\xC2",
                                     "\xC2\x41",
                                     "\xE0\x9F\xBF",
                                     "\xED\xA0\x80",
                                     "\xE2\x82",
                                     "\xF0\x8F\xBF\xBF",
                                     "\xF4\x90\x80\x80",
                                     "\xF5\x80\x80\x80",
                                     "\xFF",
                                     "a\xE2\x82\x41"};
    for (const std::string_view text : good) CHECK(is_utf8(text));
    for (const std::string_view text : bad) CHECK_FALSE(is_utf8(text));
}

TEST_CASE("text from a file is shown without control characters") {
    CHECK(in_quotes("häuser") == "\"häuser\"");
    CHECK(in_quotes("a\n\x1b[1m\"\\") == "\"a\\x0a\\x1b[1m\\x22\\x5c\"");
    CHECK(in_quotes("\xFF\xC2") == "\"\\xff\\xc2\"");
    CHECK(in_quotes("abcdef", 3) == "\"abc\"...");
}
