#include "execute/unit_costs.h"

namespace attune {
namespace {

constexpr std::uint64_t first_runs = 4, every = 16;  // runs that are sampled: the first ones, then each of that many

}  // namespace

UnitCosts::UnitCosts(const Plan& plan) : begins_piece_(plan.dispatches.size()) {
    for (const PlannedDispatch& planned : plan.dispatches) seconds_.push_back(planned.seconds);
}

void UnitCosts::measure(Device::Context& context) {
    if (stamps_ || seconds_.empty() || context.timestamps().bits == 0) return;
    stamps_.emplace(context, static_cast<std::uint32_t>(2 * seconds_.size()));
}

void UnitCosts::begin_run(VkCommandBuffer commands, std::uint64_t frame) {
    const std::uint64_t run = runs_++;
    // A sample that has not been read may still be at work on its timestamps.
    if (!stamps_ || frame == FrameTarget::uncounted || sample_ != Sample::none) return;
    if (run == 0 || (run >= first_runs && run % every != 0)) return;
    sample_ = Sample::being_recorded;
    begins_piece_.assign(begins_piece_.size(), false);
    stamps_->reset(commands, 0, static_cast<std::uint32_t>(2 * seconds_.size()));
}

void UnitCosts::begin_piece(VkCommandBuffer commands, std::size_t unit) {
    if (sample_ != Sample::being_recorded) return;
    begins_piece_[unit] = true;
    stamps_->write(commands, static_cast<std::uint32_t>(2 * unit));
}

void UnitCosts::end_unit(VkCommandBuffer commands, std::size_t unit) {
    if (sample_ != Sample::being_recorded) return;
    stamps_->write(commands, static_cast<std::uint32_t>(2 * unit + 1));
    // A query that is read has been written: those of units within a piece stand for nothing.
    if (!begins_piece_[unit]) stamps_->write(commands, static_cast<std::uint32_t>(2 * unit));
}

void UnitCosts::end_run(std::uint64_t frame) noexcept {
    if (sample_ != Sample::being_recorded) return;
    sample_ = Sample::recorded;
    frame_  = frame;
}

void UnitCosts::learn(const Frames& frames) {
    if (sample_ != Sample::recorded || frames.in_flight(frame_)) return;
    sample_ = Sample::none;
    if (!stamps_->read(static_cast<std::uint32_t>(2 * seconds_.size()), TimestampPool::Wait::no)) return;
    ++samples_;
    for (std::uint32_t unit = 0; unit < seconds_.size(); ++unit) {
        const std::uint32_t from  = begins_piece_[unit] ? 2 * unit : 2 * unit - 1;
        const double        found = stamps_->seconds_between(from, 2 * unit + 1);
        double&             cost  = seconds_[unit];
        // Up at once by half, down slowly: a stated cost is rather too high, but one hiccup does not stay.
        if (samples_ == 1)
            cost = found;
        else
            cost = found > cost ? (cost + found) / 2 : cost + (found - cost) / 10;
    }
}

}  // namespace attune
