// What the kernels of a translator's programs took: kept per program, shown per kind of program.
#pragma once

#include <attune/session.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace attune {

class TimeTable {
public:
    // Counts a run of the program that `key` names, and says whether to time it: before its runs 1, 2, 4, 8, ...
    // The first word of a key is the kind of the program.
    bool count_run(const std::string& key);
    void add(const std::string& key, const ProgramTimes& times);

    // A table for each kind: per op and kernel the share of all time, the seconds and dispatches of all runs, and
    // the microseconds of one dispatch; the costliest first. "" if nothing was timed.
    std::string text() const;

private:
    struct Timed {
        std::uint64_t runs = 0, samples = 0;
        ProgramTimes  sums;  // of the samples
    };
    std::string table(const std::string& kind) const;

    std::map<std::string, Timed> programs_;
};

}  // namespace attune
