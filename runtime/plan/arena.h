// Places blocks of memory with lifetimes into one arena, so that blocks that live at the same time
// never overlap.
#pragma once

#include <cstdint>
#include <vector>

namespace attune {

struct ArenaBlock {
    std::uint64_t bytes  = 0;
    std::size_t   first  = 0;  // first and last dispatch that touches it
    std::size_t   last   = 0;
    std::uint64_t offset = 0;  // set by place_blocks
};

// Sets every offset, a multiple of `alignment`; returns the arena's size. Same blocks, same places.
std::uint64_t place_blocks(std::vector<ArenaBlock>& blocks, std::uint64_t alignment);

}  // namespace attune
