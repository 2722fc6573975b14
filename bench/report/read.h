// Reads files of records. A file may be damaged, cut short, or something else altogether: what is wrong is named with
// file and line, and the rest is read.
#pragma once

#include "bench/record.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace attune::bench {

struct Problem {
    std::string file;
    std::size_t line = 0;  // from 1; 0: the file itself
    std::string what;
};

struct Reading {
    std::vector<Record>  records;   // in the order of files and lines
    std::vector<Problem> problems;  // the first of each file, and how many more there are
};

// Throws bad_input where no file holds a record.
Reading read_records(const std::vector<std::filesystem::path>& files);

// "results.jsonl:3: is no JSON, or was cut short"
std::string message_of(const Problem& problem);

}  // namespace attune::bench
