#include "vulkan/free_ranges.h"

#include <algorithm>
#include <numeric>

namespace attune::vulkan {

FreeRanges::FreeRanges(std::uint64_t bytes) {
    ranges_.reserve(4);
    ranges_.push_back({0, bytes});
}

std::optional<std::uint64_t> FreeRanges::take(std::uint64_t bytes) {
    const auto place =
        std::find_if(ranges_.begin(), ranges_.end(), [&](const Range& one) { return one.bytes >= bytes; });
    if (place == ranges_.end()) return {};
    const auto index = place - ranges_.begin();
    if (ranges_.capacity() < taken_ + 2) ranges_.reserve(2 * (taken_ + 2));
    Range&              range  = ranges_[static_cast<std::size_t>(index)];
    const std::uint64_t offset = range.offset;
    if (range.bytes == bytes)
        ranges_.erase(ranges_.begin() + index);
    else
        range = {offset + bytes, range.bytes - bytes};
    ++taken_;
    return offset;
}

void FreeRanges::give(std::uint64_t offset, std::uint64_t bytes) noexcept {
    --taken_;
    const auto after =
        std::find_if(ranges_.begin(), ranges_.end(), [&](const Range& one) { return one.offset > offset; });
    const bool joins_before = after != ranges_.begin() && std::prev(after)->offset + std::prev(after)->bytes == offset;
    const bool joins_after  = after != ranges_.end() && offset + bytes == after->offset;
    if (joins_before) {
        std::prev(after)->bytes += bytes + (joins_after ? after->bytes : 0);
        if (joins_after) ranges_.erase(after);
    } else if (joins_after) {
        *after = {offset, bytes + after->bytes};
    } else {
        ranges_.insert(after, Range{offset, bytes});
    }
}

std::uint64_t FreeRanges::left() const noexcept {
    return std::accumulate(ranges_.begin(), ranges_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Range& one) { return sum + one.bytes; });
}

std::uint64_t FreeRanges::largest() const noexcept {
    std::uint64_t most = 0;
    for (const Range& one : ranges_) most = std::max(most, one.bytes);
    return most;
}

}  // namespace attune::vulkan
