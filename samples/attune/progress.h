// How far a long translation has come: one line on standard error that is written over and over.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace attune::cli {

class Progress {
public:
    // `bytes` of input there are in all, if that is known. A progress that is not shown does nothing.
    enum class Shown { no, yes };
    Progress(Shown shown, std::optional<std::uint64_t> bytes) : shown_(shown == Shown::yes), bytes_(bytes) {}
    Progress(const Progress&)            = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();   // wipes the line

    // So many lines are done, and so many bytes of the input with them.
    void update(std::uint64_t lines, std::uint64_t bytes);

private:
    using Clock = std::chrono::steady_clock;

    bool                         shown_;
    std::optional<std::uint64_t> bytes_;
    Clock::time_point            start_ = Clock::now(), last_ = start_;
    bool                         written_ = false;
};

}  // namespace attune::cli
