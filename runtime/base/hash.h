// A 64-bit hash that tells damaged bytes from whole ones. Not against somebody who wants it to match.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace attune {

// `state` and `word`, mixed: one to one in each of them, so that a change of either alone always shows. (Stafford's
// variant 13 of the finalizer of MurmurHash3.)
constexpr std::uint64_t mixed(std::uint64_t state, std::uint64_t word) {
    std::uint64_t mix = state ^ word;
    mix               = (mix ^ (mix >> 30)) * 0xbf58476d1ce4e5b9u;
    mix               = (mix ^ (mix >> 27)) * 0x94d049bb133111ebu;
    return mix ^ (mix >> 31);
}

// Depends on every bit, on their order and on their number.
inline std::uint64_t hash64(std::span<const std::byte> bytes, std::uint64_t seed = 0) {
    std::uint64_t state = mixed(mixed(0x9e3779b97f4a7c15u, seed), bytes.size());
    while (!bytes.empty()) {
        const std::size_t count = bytes.size() < 8 ? bytes.size() : 8;
        std::uint64_t     word  = 0;
        std::memcpy(&word, bytes.data(), count);
        // The constant keeps a run of zeros from being a fixed point.
        state = mixed(state + 0x9e3779b97f4a7c15u, word);
        bytes = bytes.subspan(count);
    }
    return state;
}

}  // namespace attune
