#include "bench/report/read.h"

#include "bench/report/text.h"

#include <attune/error.hpp>

#include <fstream>
#include <optional>

namespace attune::bench {
namespace {

constexpr std::size_t most_bytes = 64u << 20;  // of one file
constexpr std::size_t most_told  = 8;          // problems of one file

// A record is far below these. What is beyond is not parsed: text can be made so that its tree is deep, or slow to grow.
constexpr std::size_t longest_line = 1u << 20, deepest = 4, most_members = 256;

constexpr double longest_ns = 1e18;  // 30 years
constexpr double most       = 1e24;  // of FLOP, of bytes, and of either per second

[[noreturn]] void refuse(const std::string& what) { throw Error(Status::bad_input, "record", what); }

void expect_small(std::string_view line) {
    if (line.size() > longest_line) refuse("is longer than any record, 1 MiB");
    std::size_t depth = 0, members = 0;
    bool        quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"')
            quoted = !quoted;
        else if (quoted)
            i += c == '\\' ? 1 : 0;
        else if (c == '{' || c == '[')
            ++depth;
        else if ((c == '}' || c == ']') && depth > 0)
            --depth;
        else if (c == ':')
            ++members;
        if (depth > deepest) refuse("is nested deeper than any record");
    }
    if (members > most_members) refuse("has more members than any record");
}

void expect_range(const char* name, std::optional<double> number, double least, double greatest) {
    if (number && !(*number >= least && *number <= greatest))
        refuse(std::string("'") + name + "' is " + digits(*number) + ", which nothing measures");
}

// Numbers that a plot can show: positive where a logarithm is taken, an interval that holds its median.
void expect_plausible(const Record& r) {
    constexpr double shortest_ns = 1e-6;
    if (r.name.empty() || r.op.empty() || r.device.empty()) refuse("has no case, op or device");
    for (const auto& [name, time] : {std::pair{"median_ns", r.median_ns},
                                     {"p10_ns", r.p10_ns},
                                     {"p90_ns", r.p90_ns},
                                     {"low_ns", r.low_ns},
                                     {"high_ns", r.high_ns}})
        expect_range(name, time, shortest_ns, longest_ns);
    for (const auto& [name, number] : {std::pair{"flop", std::optional(r.flop)},
                                       {"bytes", std::optional(r.bytes)},
                                       {"tokens", r.tokens},
                                       {"value", r.value}})
        expect_range(name, number, 0, most);
    expect_range("share_of_roof", r.share_of_roof, 0, 1e6);
    if (r.timed() && !r.ok) refuse("has a time, and is not ok: a wrong result has no speed");
    if (r.ok != (r.outcome == Outcome::measured || r.outcome == Outcome::planned))
        refuse("says in 'ok' what it denies in 'outcome'");
    const double median = r.median_ns.value_or(0);
    if (r.low_ns.value_or(median) > median || r.high_ns.value_or(median) < median)
        refuse("has a median outside its own interval");
    if (r.p10_ns.value_or(median) > median || r.p90_ns.value_or(median) < median)
        refuse("has a median outside its own percentiles");
}

Record record_of(std::string_view line) {
    expect_small(line);
    Record record = from_json(line);
    expect_plausible(record);
    return record;
}

// All bytes, or nothing where they cannot be read or are too many, which is told.
std::optional<std::string> bytes_of(const std::filesystem::path& path, std::vector<Problem>& problems) {
    const std::string name = printable(path.string());
    std::ifstream     file(path, std::ios::binary);
    std::string       bytes;
    char              block[1 << 16];
    while (file.read(block, sizeof block) || file.gcount() > 0) {
        bytes.append(block, static_cast<std::size_t>(file.gcount()));
        if (bytes.size() > most_bytes) {
            problems.push_back({name, 0, "is larger than 64 MiB, and was not read"});
            return {};
        }
    }
    if (file.is_open() && !file.bad()) return bytes;
    problems.push_back({name, 0, "cannot be read"});
    return {};
}

// What from_json() says of a line, without the place: the file and the line are a better one.
std::string reason_of(const Error& error) {
    const std::string text  = error.what();
    const std::size_t place = text.find("] ");
    return place == std::string::npos ? text : text.substr(place + 2);
}

void read_lines(const std::string& name, std::string_view bytes, Reading& reading) {
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);  // some editors begin files so
    std::size_t number = 0, untold = 0, told = 0;
    while (!bytes.empty()) {
        const std::size_t end  = bytes.find('\n');
        std::string_view  line = bytes.substr(0, end);
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
        try {
            reading.records.push_back(record_of(line));
        } catch (const Error& error) {
            if (told++ < most_told)
                reading.problems.push_back({name, number, reason_of(error)});
            else
                ++untold;
        }
    }
    if (untold > 0) reading.problems.push_back({name, 0, "has " + std::to_string(untold) + " more lines like these"});
}

}  // namespace

Reading read_records(const std::vector<std::filesystem::path>& files) {
    Reading reading;
    for (const std::filesystem::path& file : files) {
        const std::size_t before = reading.records.size(), problems = reading.problems.size();
        if (const auto bytes = bytes_of(file, reading.problems)) read_lines(printable(file.string()), *bytes, reading);
        if (reading.records.size() == before && reading.problems.size() == problems)
            reading.problems.push_back({printable(file.string()), 0, "holds no record"});
    }
    if (!reading.records.empty()) return reading;
    const std::string why = reading.problems.empty() ? "no file was given" : message_of(reading.problems.front());
    throw Error(Status::bad_input, "bench", "there is nothing to read: " + why,
                "give files that attune bench --output wrote");
}

std::string message_of(const Problem& problem) {
    return problem.file + (problem.line > 0 ? ':' + std::to_string(problem.line) : std::string()) + ": " + problem.what;
}

}  // namespace attune::bench
