// Two files of results against each other: the same cases on the same device, before and after a change.
#pragma once

#include "bench/report/read.h"

#include <string>
#include <vector>

namespace attune::bench {

enum class Change {
    same,  // intervals overlap, or the medians differ by 3 % or less
    faster,
    slower,     // a regression
    now_wrong,  // right before, wrong now or failed: a regression
    now_right,
    undecided,  // one of them has no time, or no interval
};

struct ComparedCase {
    std::string   device, name;
    const Record* before  = nullptr;
    const Record* after   = nullptr;
    double        ratio   = 0;  // of medians, after / before; of a roof, which decides nothing, of its rates
    Change        change  = Change::undecided;
};

struct Comparison {
    std::vector<ComparedCase> cases;
    std::vector<std::string>  notes;  // what has to be known: other devices, cases in one file only
    std::size_t               regressions = 0;
};

// Slower or faster only where the bootstrap intervals of the medians do not overlap and the medians differ by more than
// 3 %. Devices are told apart by name; two files of one device each are compared even if it is not the same, and a note
// says so. The records stay where they are.
Comparison compare(const std::vector<Record>& before, const std::vector<Record>& after);

// A table for a terminal, with a summary below.
std::string text_of(const Comparison& comparison);

}  // namespace attune::bench
