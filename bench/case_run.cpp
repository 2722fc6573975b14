#include "bench/case_run.h"

#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <new>

namespace attune::bench {
namespace {

// What kernels reach at least: with less, a case takes longer than it was thought to.
constexpr double share_of_arithmetic = 0.12, share_of_memory = 0.3;
constexpr double cold_bytes = 2.56e8;  // that no cache keeps from one run to the next

std::string rounded(double value, const char* unit) {
    char text[48];
    std::snprintf(text, sizeof text, value < 10 ? "%.1f %s" : "%.0f %s", value, unit);
    return text;
}

void leave_out(Record& record, const std::string& why) {
    record.outcome = Outcome::left_out;
    record.ok      = false;
    record.note    = "left out: " + why;
}

void note_plan(Record& record) {
    record.outcome = Outcome::planned;
    record.note    = "planned, and not timed: it would take too long here";
}

std::string too_long(double seconds, double most) {
    return "would take about " + rounded(seconds, "s") + " here, and a case may take " + rounded(most, "s");
}

// Kernels in the order of their first use.
std::string path_of(Session& session, const Program& program) {
    std::vector<std::string_view> kernels;
    std::string                   path;
    for (const CommandData& command : session.commands(program)) {
        if (command.kind != CommandData::Kind::dispatch || std::ranges::find(kernels, command.kernel) != kernels.end())
            continue;
        kernels.push_back(command.kernel);
        path += (path.empty() ? "" : "+") + std::string(command.kernel);
    }
    return path;
}

// Of operands, results and what a plan puts between them.
std::uint64_t memory_of(const Graph& graph, const Program& program) {
    std::uint64_t bytes = program.facts().arena_bytes;
    for (const ValueInfo& value : graph.values())
        if (value.kind != ValueKind::temporary) bytes += value.desc.bytes();
    for (const auto& [name, value] : graph.outputs())
        if (graph.info(value).kind == ValueKind::temporary) bytes += graph.desc(value).bytes();
    return bytes;
}

}  // namespace

void CaseRunner::run(const BenchCase& which, Record& record) {
    try {
        if (which.family->use == ModelUse::none)
            run_graph(which, record);
        else
            run_model(which, record);
    } catch (const Error& error) {
        if (error.status() == Status::cancelled || device_.lost()) throw;
        record.ok      = false;
        record.outcome = Outcome::failed;
        record.note    = error.what();
        if (error.status() == Status::out_of_device_memory) leave_out(record, error.what());
    } catch (const std::bad_alloc&) { leave_out(record, "the host's memory does not suffice"); }
}

double CaseRunner::estimated_seconds(const BenchCase& which) const {
    const Work   work = which.family->work(which.parameters);
    const double flop = roofs_.of("fma_f32"), bytes = roofs_.of(work.memory_roof);
    const double seconds = std::max(flop > 0 ? work.flop / (flop * share_of_arithmetic) : 0,
                                    bytes > 0 ? work.bytes / (bytes * share_of_memory) : 0);
    constexpr double checked_and_warm = 8;
    return seconds * (checked_and_warm + options_.measure.samples);
}

// Whether there is memory and time for it; if not, the record says which is missing.
bool CaseRunner::fits(const BenchCase& which, Record& record) const {
    const Work work = which.family->work(which.parameters);
    if (work.memory > options_.most_memory) {
        leave_out(record, "needs " + rounded(work.memory / 1048576, "MiB") + " and may have " +
                              rounded(options_.most_memory / 1048576, "MiB"));
        return false;
    }
    const double seconds = estimated_seconds(which);
    if (!options_.most_seconds || seconds <= *options_.most_seconds || which.family->plan_counts) return true;
    leave_out(record, too_long(seconds, *options_.most_seconds));
    return false;
}

void CaseRunner::set_verdict(const Verdict& verdict, Record& record) const {
    record.nmse = verdict.nmse;
    if (verdict.right) return;
    record.ok      = false;
    record.outcome = Outcome::wrong;
    record.note    = "wrong: " + verdict.note;
}

void CaseRunner::set_timing(const Timing& timing, const Work& work, std::size_t dispatches, Record& record) const {
    std::vector<double>& ns = record.samples_ns;
    for (const double seconds : timing.seconds) ns.push_back(seconds * 1e9);
    const Interval interval = median_interval(ns);
    record.median_ns        = median(ns);
    record.p10_ns           = quantile(ns, 0.1);
    record.p90_ns           = quantile(ns, 0.9);
    record.low_ns           = interval.low;
    record.high_ns          = interval.high;
    record.repeats          = timing.repeats;
    record.unstable         = timing.unstable;
    record.cache            = work.bytes >= cold_bytes ? "cold" : "hot";
    if (timing.unstable) record.note = "unstable: samples did not come within 2 % of each other";
    const RoofTable::Bound bound = roofs_.bound(work, dispatches);
    record.roof                  = bound.name;
    if (!bound.name.empty() && *record.median_ns > 0) record.share_of_roof = bound.seconds / (*record.median_ns * 1e-9);
}

// Plans a case without running it: its memory.
void CaseRunner::plan(const test::Case& made, Record& record) {
    test::SessionRun planned(device_, made, Compile::elsewhere);
    record.memory_bytes = memory_of(made.graph, planned.program());
    note_plan(record);
}

void CaseRunner::run_graph(const BenchCase& which, Record& record) {
    const Family& family = *which.family;
    const Work    work   = family.work(which.parameters);
    record.flop          = work.flop;
    record.bytes         = work.bytes;
    if (!fits(which, record)) return;
    test::Random random(which.name);
    test::Case   made = family.make(which.parameters, random);
    if (family.plan_counts && options_.most_seconds && estimated_seconds(which) > *options_.most_seconds)
        return plan(made, record);

    test::SessionRun run(device_, made);
    record.memory_bytes = memory_of(made.graph, run.program());
    set_verdict(verify(which, made, run, options_.verify), record);
    record.path = path_of(run.session(), run.program());
    if (!record.ok) return;
    ProgramTimes::Clock clock   = ProgramTimes::Clock::host;
    const Sampler       sampler = [&](std::uint32_t repeats, std::uint32_t samples) {
        RunSamples taken = run.session().sample(run.program(), repeats, samples);
        clock            = taken.clock;
        return std::move(taken.seconds);
    };
    MeasureOptions how  = options_.measure;
    how.most_seconds    = options_.most_seconds;
    const Timing timing = measure(sampler, how);
    if (timing.seconds.empty() && family.plan_counts) return note_plan(record);
    if (timing.seconds.empty()) return leave_out(record, too_long(timing.in_all, *how.most_seconds));
    set_timing(timing, work, run.program().facts().dispatches, record);
    record.clock = clock == ProgramTimes::Clock::device ? "device" : "host";
}

void CaseRunner::run_model(const BenchCase& which, Record& record) {
    set_verdict(models_.verify(which), record);
    if (!record.ok) return;
    MeasureOptions how  = options_.measure;
    how.most_seconds    = options_.most_model_seconds;
    const Timing timing = models_.measure(which, how);
    if (timing.seconds.empty()) return leave_out(record, too_long(timing.in_all, *how.most_seconds));
    const Models::Facts facts = models_.facts(which);
    record.tokens             = facts.tokens;
    record.memory_bytes       = facts.bytes;
    record.clock              = "host";
    set_timing(timing, {}, facts.dispatches, record);
}

}  // namespace attune::bench
