// What is free in a block, against a model that knows each byte.
#include "vulkan/free_ranges.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using attune::vulkan::FreeRanges;

namespace {

// The longest run of free bytes, and the first of at least `bytes`.
std::uint64_t longest(const std::vector<bool>& taken) {
    std::uint64_t most = 0, run = 0;
    for (const bool one : taken) most = std::max(most, run = one ? 0 : run + 1);
    return most;
}

std::uint64_t first_fit(const std::vector<bool>& taken, std::uint64_t bytes) {
    for (std::uint64_t i = 0, run = 0; i < taken.size(); ++i)
        if ((run = taken[i] ? 0 : run + 1) == bytes) return i + 1 - bytes;
    return UINT64_MAX;
}

}  // namespace

TEST_CASE("parts are taken where they fit first, and given back in any order") {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        std::mt19937                                         random(seed);
        std::vector<bool>                                    taken(64);
        std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;
        FreeRanges                                           ranges(taken.size());
        for (int turn = 0; turn < 400; ++turn) {
            if (random() % 2) {
                const std::uint64_t bytes = 1 + random() % 9, where = first_fit(taken, bytes);
                const auto          found = ranges.take(bytes);
                REQUIRE(found.value_or(UINT64_MAX) == where);
                if (!found) continue;
                std::fill_n(taken.begin() + static_cast<std::ptrdiff_t>(where), bytes, true);
                parts.emplace_back(where, bytes);
            } else if (!parts.empty()) {
                std::swap(parts[random() % parts.size()], parts.back());
                const auto [offset, bytes] = parts.back();
                parts.pop_back();
                std::fill_n(taken.begin() + static_cast<std::ptrdiff_t>(offset), bytes, false);
                ranges.give(offset, bytes);
            }
            REQUIRE(ranges.left() == static_cast<std::uint64_t>(std::count(taken.begin(), taken.end(), false)));
            REQUIRE(ranges.largest() == longest(taken));
            REQUIRE(ranges.untouched() == parts.empty());
        }
    }
}
