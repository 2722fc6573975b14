// Which parts of a block are free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace attune::vulkan {

// Parts are taken where they fit first. Giving one back needs no memory, so that it cannot fail.
class FreeRanges {
public:
    FreeRanges() = default;
    explicit FreeRanges(std::uint64_t bytes);  // all of it is free, and the first take() cannot throw

    // Where the part begins; none if no free one is as large. Throws std::bad_alloc, and has taken nothing then.
    std::optional<std::uint64_t> take(std::uint64_t bytes);
    void                         give(std::uint64_t offset, std::uint64_t bytes) noexcept;  // what take() gave

    bool          untouched() const noexcept { return taken_ == 0; }
    std::uint64_t left() const noexcept;     // in all
    std::uint64_t largest() const noexcept;  // of the parts

private:
    struct Range {
        std::uint64_t offset, bytes;
    };
    // In order, and no two touch: at most one more than parts are taken, and take() sees to the room for that many.
    std::vector<Range> ranges_;
    std::size_t        taken_ = 0;
};

}  // namespace attune::vulkan
