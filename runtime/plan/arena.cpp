#include "plan/arena.h"

#include <algorithm>
#include <numeric>

namespace attune {

// Largest first, each at the lowest place where nothing that lives at the same time lies: a simple
// rule that stays near the optimum for the nested lifetimes of layered models (compare greedy-by-size,
// Pisarchyk & Lee 2020, arXiv 2001.03288).
std::uint64_t place_blocks(std::vector<ArenaBlock>& blocks, std::uint64_t alignment) {
    std::vector<std::size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });

    std::uint64_t            size = 0;
    std::vector<std::size_t> placed;  // ascending offsets
    for (const std::size_t index : order) {
        ArenaBlock&   block  = blocks[index];
        std::uint64_t offset = 0;
        for (const std::size_t other : placed) {
            const ArenaBlock& neighbour = blocks[other];
            if (neighbour.last < block.first || block.last < neighbour.first) continue;
            if (offset + block.bytes <= neighbour.offset) break;
            offset = std::max(offset, (neighbour.offset + neighbour.bytes + alignment - 1) / alignment * alignment);
        }
        block.offset = offset;
        size         = std::max(size, offset + block.bytes);
        placed.insert(
            std::upper_bound(placed.begin(), placed.end(), index,
                             [&](std::size_t a, std::size_t b) { return blocks[a].offset < blocks[b].offset; }),
            index);
    }
    return (size + alignment - 1) / alignment * alignment;
}

}  // namespace attune
