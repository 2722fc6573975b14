#include "execute/own_frames.h"

#include <algorithm>

namespace attune {

OwnFrames::OwnFrames(std::shared_ptr<Device::Context> context, std::shared_ptr<Frames> frames)
    : context_(std::move(context)), frames_(std::move(frames)), pool_(context_) {}

OwnFrames::~OwnFrames() {
    try {
        wait();
    } catch (const Error&) {
        // The device is lost: nothing is at work on it.
    }
}

void OwnFrames::make() {
    if (!completions_) completions_.emplace(*context_);
    while (slots_.size() < frames_->slots()) slots_.push_back({.commands = pool_.allocate()});
}

std::optional<FrameTarget> OwnFrames::begin() {
    if (slots_.size() < frames_->slots()) make();
    const auto free = std::ranges::find(slots_, FrameTarget::uncounted, &Slot::frame);
    if (free == slots_.end()) return std::nullopt;
    pool_.begin(free->commands);
    return FrameTarget(free->commands, frames_->next_own(), static_cast<std::uint32_t>(free - slots_.begin()));
}

void OwnFrames::accept(const SubmitSync& sync) {
    waits_.clear();
    signals_.clear();
    for (const SubmitSync::Semaphore& one : sync.waits)
        waits_.push_back({.semaphore = one.semaphore,
                          .value     = one.value,
                          .stages    = one.stages ? one.stages : VkPipelineStageFlags{VK_PIPELINE_STAGE_ALL_COMMANDS_BIT}});
    for (const SubmitSync::Semaphore& one : sync.signals)
        signals_.push_back({.semaphore = one.semaphore, .value = one.value});
    context_->check({.waits = waits_, .signals = signals_});
}

void OwnFrames::submit(const FrameTarget& target, VkFence fence) {
    // Until it is submitted, the frame is over when all before it are.
    Slot& slot      = slots_.at(target.slot);
    slot.submission = completions_->submitted();
    slot.frame      = target.frame;
    pool_.end(target.commands);
    slot.submission = completions_->submit({.commands = std::span(&target.commands, 1),
                                            .waits    = waits_,
                                            .signals  = signals_,
                                            .fence    = fence});
}

void OwnFrames::abandon(const FrameTarget& target) noexcept {
    Slot& slot      = slots_[target.slot];
    slot.submission = completions_->submitted();
    slot.frame      = target.frame;
    context_->functions().EndCommandBuffer(target.commands);  // so that it can begin again
}

void OwnFrames::poll() {
    for (Slot& slot : slots_)
        if (slot.frame != FrameTarget::uncounted && completions_->finished(slot.submission)) {
            frames_->retire(slot.frame);
            slot.frame = FrameTarget::uncounted;
        }
}

void OwnFrames::wait() {
    if (completions_) completions_->wait(completions_->submitted());
    poll();
}

}  // namespace attune
