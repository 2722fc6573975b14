// Records put in order: what one build of attune measured on one device is a run, a column of the comparison.
#pragma once

#include "bench/record.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::bench {

struct MeasuredRoof {
    const Record*         record = nullptr;  // of the start, or of the end where there is no other
    std::string           kind;              // "read"
    std::optional<double> drift;             // end / start - 1
    bool                  unstable = false;
};

struct Run {
    std::size_t                index = 0;
    std::string                letter;         // "A", "B", ...: what figures call it
    std::string                name;           // the device, and what tells it from another run of the same name
    const Record*              any = nullptr;  // device, driver and versions are those of any of its records
    std::string                first_date, last_date;
    std::vector<std::string>   commands;  // each once
    std::vector<const Record*> cases;     // a case that was run twice is there once: the later one
    std::vector<MeasuredRoof>  roofs;
    std::map<std::string_view, const Record*> by_name;  // of cases

    std::optional<double> roof(std::string_view kind) const;  // per second
    const Record*         find(std::string_view case_name) const;
};

// Runs in the order of their first record; cases of all runs in the same order. The records stay where they are.
std::vector<Run> runs_of(const std::vector<Record>& records);

// "right", "unstable", or what else became of a case.
std::string state_of(const Record& record);

// A record's note, without the state that it may begin with.
std::string note_of(const Record& record);

// A parameter of a case as a number, or nothing.
std::optional<double> number_of(const Record& record, std::string_view parameter);

// Ops, or names of cases, of all runs, each once, in the order of their first record.
std::vector<std::string> ops_of(const std::vector<Run>& runs);
std::vector<std::string> cases_of(const std::vector<Run>& runs, std::string_view op);

}  // namespace attune::bench
