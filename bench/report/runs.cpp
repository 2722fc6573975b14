#include "bench/report/runs.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace attune::bench {
namespace {

constexpr std::string_view roof_prefix = "roof:";

auto identity(const Record& r) { return std::tie(r.device, r.device_uuid, r.driver, r.version, r.git, r.shaders); }

// 0 -> A, 25 -> Z, 26 -> AA
std::string letter_of(std::size_t index) {
    std::string letters;
    for (std::size_t rest = index + 1; rest > 0; rest = (rest - 1) / 26)
        letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
    return letters;
}

std::string kind_of(const Record& roof) {
    std::string_view name = roof.name;
    if (name.starts_with(roof_prefix)) name.remove_prefix(roof_prefix.size());
    return std::string(name.substr(0, name.find(',')));
}

bool is_of_the_end(const Record& roof) {
    return std::ranges::any_of(roof.params, [](const auto& p) { return p.first == "when" && text(p.second) == "end"; });
}

void add_roof(Run& run, const Record& record) {
    const bool        at_end = is_of_the_end(record);
    const std::string kind   = kind_of(record);
    auto found = std::ranges::find_if(run.roofs, [&](const MeasuredRoof& roof) { return roof.kind == kind; });
    if (found == run.roofs.end()) {
        run.roofs.push_back({&record, kind, {}, record.unstable});
        return;
    }
    found->unstable = found->unstable || record.unstable;
    if (!at_end) {
        found->record = &record;
        return;
    }
    const double start = found->record->value.value_or(0);
    if (start > 0 && record.value) found->drift = *record.value / start - 1;
}

// One run's records, in order, with the place of each case in the order of all runs.
void add_cases(Run& run, const std::vector<const Record*>& records,
               const std::map<std::string_view, std::size_t>& order) {
    std::map<std::size_t, const Record*> cases;
    for (const Record* record : records) {
        if (record->op == "roof")
            add_roof(run, *record);
        else
            cases[order.at(record->name)] = record;
        if (std::ranges::find(run.commands, record->command) == run.commands.end() && !record->command.empty())
            run.commands.push_back(record->command);
        if (record->date.empty()) continue;
        if (run.first_date.empty() || record->date < run.first_date) run.first_date = record->date;
        run.last_date = std::max(run.last_date, record->date);
    }
    for (const auto& each : cases) {
        run.cases.push_back(each.second);
        run.by_name.emplace(each.second->name, each.second);
    }
}

// The first of these in which two runs of the same device differ is added to their names.
void name_runs(std::vector<Run>& runs) {
    const auto told_apart = [](const Run& run, const Run& other) -> std::string {
        const Record &a = *run.any, &b = *other.any;
        if (a.driver != b.driver) return a.driver;
        if (a.version != b.version) return "attune " + a.version;
        if (a.git != b.git) return "commit " + a.git.substr(0, 10);
        if (a.device_uuid != b.device_uuid) return "device " + a.device_uuid.substr(0, 8);
        return "shaders " + a.shaders.substr(0, 8);
    };
    for (Run& run : runs) {
        run.name = run.any->device;
        for (const Run& other : runs) {
            if (&run == &other || other.any->device != run.any->device) continue;
            run.name += ", " + told_apart(run, other);
            break;
        }
    }
}

}  // namespace

std::optional<double> Run::roof(std::string_view kind) const {
    for (const MeasuredRoof& each : roofs)
        if (each.kind == kind && each.record->ok && each.record->value.value_or(0) > 0) return each.record->value;
    return {};
}

const Record* Run::find(std::string_view case_name) const {
    const auto found = by_name.find(case_name);
    return found == by_name.end() ? nullptr : found->second;
}

std::string state_of(const Record& record) {
    if (record.outcome == Outcome::left_out) return "left out";
    if (!record.ok) return record.outcome == Outcome::wrong ? "wrong" : "failed";
    if (record.unstable) return "unstable";
    return record.outcome == Outcome::planned ? "planned" : "right";
}

std::string note_of(const Record& record) {
    const std::string state = state_of(record) + ": ";
    return record.note.starts_with(state) ? record.note.substr(state.size()) : record.note;
}

std::optional<double> number_of(const Record& record, std::string_view parameter) {
    for (const auto& each : record.params)
        if (const auto* number = std::get_if<std::uint64_t>(&each.second); number && each.first == parameter)
            return static_cast<double>(*number);
    return {};
}

std::vector<Run> runs_of(const std::vector<Record>& records) {
    std::vector<Run>                                      runs;
    std::vector<std::vector<const Record*>>               records_of;
    std::map<std::string_view, std::size_t>               order;
    std::map<decltype(identity(records[0])), std::size_t> known;
    for (const Record& record : records) {
        const std::size_t index = known.emplace(identity(record), runs.size()).first->second;
        if (index == runs.size()) {
            Run& run   = runs.emplace_back();
            run.index  = index;
            run.letter = letter_of(index);
            run.any    = &record;
            records_of.emplace_back();
        }
        records_of[index].push_back(&record);
        order.emplace(record.name, order.size());
    }
    for (std::size_t i = 0; i < runs.size(); ++i) add_cases(runs[i], records_of[i], order);
    name_runs(runs);
    return runs;
}

std::vector<std::string> ops_of(const std::vector<Run>& runs) {
    std::vector<std::string> ops;
    for (const Run& run : runs)
        for (const Record* record : run.cases)
            if (std::ranges::find(ops, record->op) == ops.end()) ops.push_back(record->op);
    return ops;
}

std::vector<std::string> cases_of(const std::vector<Run>& runs, std::string_view op) {
    std::vector<std::string>   names;
    std::set<std::string_view> known;
    for (const Run& run : runs)
        for (const Record* record : run.cases)
            if (record->op == op && known.insert(record->name).second) names.push_back(record->name);
    return names;
}

}  // namespace attune::bench
