// Commands that are recorded once and run any number of times, and what each run of them takes.
#pragma once

#include "execute/commands.h"
#include "execute/timestamp_pool.h"

#include <optional>

namespace attune {

// By the queue's timestamps around the commands; where it has none by the host's clock, from before their submission until
// their end has been seen. One thread at a time.
class TimedCommands {
public:
    explicit TimedCommands(Commands& commands);

    ProgramTimes::Clock clock() const noexcept {
        return stamps_ ? ProgramTimes::Clock::device : ProgramTimes::Clock::host;
    }

    // `what(commands)` records what is timed, behind a barrier for whatever came before. Once more: instead.
    template <class Record> void record(Record&& what) {
        begin();
        what(recording_);
        end();
    }

    // Submits what was recorded and waits. Seconds.
    double run();

private:
    void begin();
    void end();

    Commands&                    commands_;
    VkCommandBuffer              recording_;
    std::optional<TimestampPool> stamps_;  // the beginning and the end
};

}  // namespace attune
