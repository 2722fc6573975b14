#include "generate/time_table.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <set>
#include <vector>

namespace attune {
namespace {

std::string kind_of(const std::string& key) { return key.substr(0, key.find(' ')); }

struct Row {
    std::string   op, kernel;
    double        seconds    = 0;
    std::uint64_t dispatches = 0;
};

std::string row_text(const Row& row, double all_seconds) {
    char text[160];
    std::snprintf(text, sizeof text, "%6.1f %%  %10.6f s  %9llu x %9.1f us  %-16s %s\n",
                  all_seconds > 0 ? 100 * row.seconds / all_seconds : 0.0, row.seconds,
                  static_cast<unsigned long long>(row.dispatches),
                  row.seconds * 1e6 / static_cast<double>(row.dispatches), row.op.c_str(), row.kernel.c_str());
    return text;
}

}  // namespace

bool TimeTable::count_run(const std::string& key) { return std::has_single_bit(++programs_[key].runs); }

void TimeTable::add(const std::string& key, const ProgramTimes& times) {
    Timed& timed = programs_[key];
    if (timed.samples++ == 0) {
        timed.sums = times;
        return;
    }
    for (std::size_t i = 0; i < times.dispatches.size(); ++i)
        timed.sums.dispatches[i].seconds += times.dispatches[i].seconds;
}

std::string TimeTable::table(const std::string& kind) const {
    std::map<std::pair<std::string, std::string>, Row> rows;
    std::uint64_t                                      programs = 0, runs = 0, samples = 0;
    double                                             seconds = 0;
    bool                                               device  = true;
    for (const auto& [key, timed] : programs_) {
        if (kind_of(key) != kind || timed.samples == 0) continue;
        ++programs;
        runs += timed.runs;
        samples += timed.samples;
        device = timed.sums.clock == ProgramTimes::Clock::device;
        for (const ProgramTimes::Dispatch& dispatch : timed.sums.dispatches) {
            Row& row   = rows[{std::string(dispatch.op), std::string(dispatch.kernel)}];
            row.op     = dispatch.op;
            row.kernel = dispatch.kernel;
            row.dispatches += timed.runs;
            const double took = dispatch.seconds / static_cast<double>(timed.samples) * static_cast<double>(timed.runs);
            row.seconds += took;
            seconds += took;
        }
    }
    if (programs == 0) return {};
    std::vector<Row> sorted;
    for (const auto& [name, row] : rows) sorted.push_back(row);
    std::stable_sort(sorted.begin(), sorted.end(), [](const Row& a, const Row& b) { return a.seconds > b.seconds; });
    char head[256];
    std::snprintf(head, sizeof head, "%s: programs %llu, runs %llu, timed %llu; %s; %.6f s in all runs\n", kind.c_str(),
                  static_cast<unsigned long long>(programs), static_cast<unsigned long long>(runs),
                  static_cast<unsigned long long>(samples),
                  device ? "each dispatch alone, by the device's timestamps"
                         : "each dispatch submitted alone, by the host's clock (the queue has no timestamps)",
                  seconds);
    std::string result = head;
    for (const Row& row : sorted) result += row_text(row, seconds);
    return result;
}

std::string TimeTable::text() const {
    std::set<std::string> kinds;
    for (const auto& [key, timed] : programs_) kinds.insert(kind_of(key));
    std::string result;
    for (const std::string& kind : kinds) result += table(kind);
    return result;
}

}  // namespace attune
