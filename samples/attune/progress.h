// How far something long has come: one line on standard error that is written over and over.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace attune::cli {

// Of a translation.
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

// Of work that knows its whole: a bar, a share, and what is being done.
class Share {
public:
    explicit Share(Progress::Shown shown) : shown_(shown == Progress::Shown::yes) {}
    Share(const Share&)            = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { wipe(); }

    void update(const std::string& what, double share);   // 0 to 1
    void wipe();                                          // before something else is written

private:
    using Clock = std::chrono::steady_clock;

    bool              shown_;
    Clock::time_point last_    = {};
    bool              written_ = false;
};

}  // namespace attune::cli
