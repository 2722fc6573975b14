// Room for timestamps of a device's queue.
#pragma once

#include "vulkan/owned.h"

#include <vector>

namespace attune {

class TimestampPool {
public:
    TimestampPool(Device::Context& context, std::uint32_t count);

    void reset(VkCommandBuffer commands, std::uint32_t first, std::uint32_t count) const;
    // The time at which everything recorded before has finished.
    void write(VkCommandBuffer commands, std::uint32_t index) const;

    enum class Wait : std::uint8_t { no, yes };
    // Fetches the first `count`, all of which must have been written by commands that have been submitted. Without
    // waiting: false if one is not there yet.
    bool read(std::uint32_t count, Wait wait);

    double seconds_between(std::uint32_t from, std::uint32_t to) const;

private:
    Device::Context&           context_;
    vulkan::OwnedQueryPool     pool_;
    std::vector<std::uint64_t> ticks_;
};

}  // namespace attune
