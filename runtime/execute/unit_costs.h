// What the units of a program cost: the plan's estimates until it has run a few times, then what timestamps say.
#pragma once

#include "execute/timestamp_pool.h"
#include "plan/plan.h"

#include <attune/frames.hpp>

#include <optional>

namespace attune {

// Costs decide where a run is cut, and no bit of it. One thread at a time.
class UnitCosts {
public:
    explicit UnitCosts(const Plan& plan);

    // Makes room for timestamps, if the queue has them: from here on runs are sampled.
    void measure(Device::Context& context);

    double seconds(std::size_t unit) const noexcept { return seconds_[unit]; }

    // While a run is recorded, in order: before its first unit, before the first unit of each piece, after each unit,
    // behind the last one. Samples some of the runs, of frames that are counted; the first never, in which drivers
    // compile.
    void begin_run(VkCommandBuffer commands, std::uint64_t frame);
    void begin_piece(VkCommandBuffer commands, std::size_t unit);
    void end_unit(VkCommandBuffer commands, std::size_t unit);
    // A run that is given up ends here too: then timestamps are missing, and the sample is dropped.
    void end_run(std::uint64_t frame) noexcept;
    // Reads a sample whose frame is over.
    void learn(const Frames& frames);

private:
    std::vector<double>          seconds_;
    std::vector<bool>            begins_piece_;
    std::optional<TimestampPool> stamps_;  // 2 i: when the piece that begins with unit i began; 2 i + 1: when i ended
    std::uint64_t                runs_ = 0, samples_ = 0;
    enum class Sample : std::uint8_t { none, being_recorded, recorded } sample_ = Sample::none;
    std::uint64_t frame_ = 0;  // in which the sample ends
};

}  // namespace attune
