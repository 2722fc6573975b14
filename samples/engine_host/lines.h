// Brings the scene's lines to the guest, one at a time, and keeps what has come back: when each letter arrived.
#pragma once

#include "guest.h"
#include "scene.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace host {

struct Reading {
    std::vector<char32_t>        letters;  // of the translation, as far as it goes
    std::vector<std::uint64_t>   arrived;  // the frame at which each of them came
    std::string                  text;
    std::uint64_t                begun = 0;  // the frame at which it was given to the guest
    std::optional<std::uint64_t> finished;   // the frame at which the whole of it was there
};

class Lines {
public:
    // From now on the line wants to be translated; subtitles go first.
    void want(LineId id);
    // After the guest's frames before this one have been retired: takes what it has, gives it what is next.
    void exchange(Guest& guest, std::uint64_t frame);
    bool idle() const noexcept { return !running_ && subtitles_.empty() && signs_.empty(); }

    const Reading&                   reading(LineId id) const;  // empty before it begins
    const std::map<LineId, Reading>& all() const noexcept { return readings_; }

private:
    std::map<LineId, Reading> readings_;
    std::deque<LineId>        subtitles_, signs_;
    std::optional<LineId>     running_;
};

}  // namespace host
