// Sizes that graphs are made for: few of them, so that a handful of recordings serves any mix of lengths.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace attune::buckets {

// The smallest power of two times `base` that holds n, at most `most` (which itself need not be one).
inline std::uint64_t power_of_two(std::uint64_t n, std::uint64_t base, std::uint64_t most) {
    std::uint64_t size = base;
    while (size < n) size *= 2;
    return std::max(std::min(size, most), n);
}

// Source tokens of a batch: powers of two from 16, and three sizes between them from 256 on, where padding costs most.
inline std::uint64_t source_tokens(std::uint64_t n, std::uint64_t most) {
    const std::uint64_t size = power_of_two(n, 16, most), step = std::bit_ceil(n) / 8;
    return n > 256 ? std::min(size, (n + step - 1) / step * step) : size;
}

// Tokens that a row's cache holds: 32, 128, 512, ...
inline std::uint64_t cache_tokens(std::uint64_t n, std::uint64_t most) {
    std::uint64_t size = 32;
    while (size < n) size *= 4;
    return std::max(std::min(size, most), n);
}

// Tokens that a sentence chooses from: 512, 1,024, ...
inline std::uint64_t chosen(std::uint64_t n) { return power_of_two(n, 512, UINT64_MAX); }

// Width of the alignment output.
inline std::uint64_t alignment_keys(std::uint64_t n) { return cache_tokens(n, UINT64_MAX); }

}  // namespace attune::buckets
