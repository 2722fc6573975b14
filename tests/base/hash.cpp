#include "base/hash.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

using namespace attune;

TEST_CASE("a hash depends on every bit, on their order and on their number") {
    for (const std::size_t size : {0u, 1u, 7u, 8u, 9u, 64u, 1000u}) {
        CAPTURE(size);
        for (const bool zeros : {true, false}) {
            std::vector<std::byte> bytes(size);
            for (std::size_t i = 0; i < size && !zeros; ++i) bytes[i] = static_cast<std::byte>(i * 151 + i / 256 + 3);
            std::set<std::uint64_t> hashes{hash64(bytes), hash64(bytes, 1)};
            std::size_t             variants = 2;
            for (std::size_t at = 0; at < size; ++at)
                for (unsigned bit = 0; bit < 8; ++bit, ++variants) {
                    const std::byte mask{static_cast<unsigned char>(1u << bit)};
                    bytes[at] ^= mask;
                    hashes.insert(hash64(bytes));
                    bytes[at] ^= mask;
                }
            for (std::size_t shorter = 0; shorter < size; ++shorter, ++variants)
                hashes.insert(hash64(std::span(bytes).first(shorter)));
            for (std::size_t word = 0; !zeros && word + 16 <= size; word += 8, ++variants) {
                const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(word);
                std::swap_ranges(at, at + 8, at + 8);
                hashes.insert(hash64(bytes));
                std::swap_ranges(at, at + 8, at + 8);
            }
            CHECK(hashes.size() == variants);
        }
    }
}
