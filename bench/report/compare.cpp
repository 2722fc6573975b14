#include "bench/report/compare.h"

#include "bench/report/runs.h"
#include "bench/report/text.h"

#include <algorithm>
#include <array>
#include <map>

namespace attune::bench {
namespace {

constexpr double least_change = 0.03;

struct Side {
    std::vector<std::string>                                     devices;  // in the order of the file
    std::vector<std::pair<std::string, std::string>>             order;    // device, case
    std::map<std::pair<std::string, std::string>, const Record*> records;  // the last of each
};

bool is_start(const Record& r) {
    return std::ranges::none_of(r.params, [](const auto& p) { return p.first == "when" && text(p.second) == "end"; });
}

Side side_of(const std::vector<Record>& records) {
    Side side;
    for (const Record& record : records) {
        if (!is_start(record)) continue;
        const std::pair key{record.device, record.name};
        if (std::ranges::find(side.devices, record.device) == side.devices.end()) side.devices.push_back(record.device);
        if (side.records.insert_or_assign(key, &record).second) side.order.push_back(key);
    }
    return side;
}

bool is_bad(const Record& r) { return r.outcome == Outcome::wrong || r.outcome == Outcome::failed; }

Change change_of(const Record& before, const Record& after, double ratio) {
    if (before.ok && is_bad(after)) return Change::now_wrong;
    if (is_bad(before) && after.ok) return Change::now_right;
    const bool decided = before.low_ns && before.high_ns && after.low_ns && after.high_ns && ratio > 0;
    if (!decided) return Change::undecided;
    if (*after.low_ns > *before.high_ns && ratio > 1 + least_change) return Change::slower;
    if (*after.high_ns < *before.low_ns && 1 / ratio > 1 + least_change) return Change::faster;
    return Change::same;
}

ComparedCase compared(const std::string& device, const Record& before, const Record& after) {
    ComparedCase result{device, before.name, &before, &after, 0, Change::undecided};
    if (before.timed() && after.timed()) result.ratio = *after.median_ns / *before.median_ns;
    if (before.value && after.value && *before.value > 0) result.ratio = *after.value / *before.value;
    if (before.op != "roof") result.change = change_of(before, after, result.ratio);
    return result;
}

std::string list_of(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

void note_drivers(const Record& before, const Record& after, const std::string& device,
                  std::vector<std::string>& notes) {
    if (before.driver == after.driver) return;
    const std::string note = device + " had driver " + before.driver + ", and has " + after.driver + " now";
    if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
}

const char* word(Change change) {
    switch (change) {
    case Change::same: return "";
    case Change::faster: return "faster";
    case Change::slower: return "SLOWER";
    case Change::now_wrong: return "WRONG NOW";
    case Change::now_right: return "right now";
    case Change::undecided: break;
    }
    return "-";
}

std::string shown(const Record& r) {
    if (r.value) return scaled_text(*r.value, "");
    return r.timed() ? time_text(*r.median_ns) : (r.ok ? "-" : state_of(r));
}

// Columns as people count them: a character of UTF-8 is one, whatever its bytes.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

void pad(std::string& line, const std::string& cell, std::size_t width) {
    const std::size_t used = width_of(cell);
    line += std::string(width > used ? width - used : 0, ' ') + cell;
}

}  // namespace

Comparison compare(const std::vector<Record>& before, const std::vector<Record>& after) {
    const Side old_side = side_of(before), new_side = side_of(after);
    Comparison result;
    const bool others =
        old_side.devices.size() == 1 && new_side.devices.size() == 1 && old_side.devices != new_side.devices;
    if (others)
        result.notes.push_back("these are different devices, and so are their times: " + old_side.devices[0] +
                               " before, " + new_side.devices[0] + " after");
    std::vector<std::string> gone, added;
    for (const auto& key : old_side.order) {
        const auto found = new_side.records.find({others ? new_side.devices[0] : key.first, key.second});
        if (found == new_side.records.end()) {
            gone.push_back(key.second + (old_side.devices.size() > 1 ? " on " + key.first : ""));
            continue;
        }
        const Record& old_record = *old_side.records.at(key);
        if (!others) note_drivers(old_record, *found->second, key.first, result.notes);
        result.cases.push_back(compared(found->first.first, old_record, *found->second));
    }
    for (const auto& key : new_side.order)
        if (!old_side.records.contains({others ? old_side.devices[0] : key.first, key.second}))
            added.push_back(key.second + (new_side.devices.size() > 1 ? " on " + key.first : ""));
    if (!gone.empty()) result.notes.push_back("only in the first file: " + list_of(gone));
    if (!added.empty()) result.notes.push_back("only in the second file: " + list_of(added));
    result.regressions = static_cast<std::size_t>(std::ranges::count_if(result.cases, [](const ComparedCase& each) {
        return each.change == Change::slower || each.change == Change::now_wrong;
    }));
    return result;
}

std::string text_of(const Comparison& comparison) {
    std::string text, device;
    for (const ComparedCase& each : comparison.cases) {
        if (each.device != device) {
            device = each.device;
            text += (text.empty() ? "" : "\n") + printable(device) +
                    "\n       before        after    ratio                    case\n";
        }
        std::string line;
        pad(line, shown(*each.before), 13);
        pad(line, shown(*each.after), 13);
        pad(line, each.ratio > 0 ? digits(each.ratio) : "-", 9);
        line += "  ";
        std::string change = word(each.change);
        if (each.before->unstable || each.after->unstable) change += change.empty() ? "unstable" : ", unstable";
        if (each.before->op == "roof") change = "a rate";
        line += change + std::string(change.size() < 16 ? 16 - change.size() : 0, ' ') + "  " + each.name;
        text += printable(line) + '\n';
    }
    if (!text.empty()) text += '\n';
    for (const std::string& note : comparison.notes) text += "note: " + printable(note) + '\n';
    const auto count = [&](Change change) {
        return std::to_string(std::ranges::count(comparison.cases, change, &ComparedCase::change));
    };
    return text + count(Change::slower) + " slower, " + count(Change::faster) + " faster, " + count(Change::same) +
           " the same, " + count(Change::now_wrong) + " wrong that were right\n";
}

}  // namespace attune::bench
