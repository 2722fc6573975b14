#include "execute/timed_commands.h"

#include <chrono>

namespace attune {

TimedCommands::TimedCommands(Commands& commands) : commands_(commands), recording_(commands.allocate()) {
    if (commands.context().timestamps().bits > 0) stamps_.emplace(commands.context(), 2);
}

void TimedCommands::begin() {
    commands_.begin(recording_);
    if (stamps_) stamps_->reset(recording_, 0, 2);
    full_barrier(commands_.context().vk(), recording_);
    if (stamps_) stamps_->write(recording_, 0);
}

void TimedCommands::end() {
    if (stamps_) stamps_->write(recording_, 1);
    commands_.end(recording_);
}

double TimedCommands::run() {
    using Clock      = std::chrono::steady_clock;
    const auto start = Clock::now();
    commands_.run(recording_);
    if (!stamps_) return std::chrono::duration<double>(Clock::now() - start).count();
    stamps_->read(2, TimestampPool::Wait::yes);
    return stamps_->seconds_between(0, 1);
}

}  // namespace attune
