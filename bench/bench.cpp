#include "bench/bench.h"

#include "bench/case_run.h"
#include "bench/statistics.h"

#include "bench_identity.h"

#include <attune/tuning.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>

namespace attune::bench {
namespace {

constexpr double largest_drift = 0.05, share_of_memory = 0.5;

// What the depths differ in.
struct Pace {
    std::optional<double> whole_seconds;
    double                case_seconds, model_seconds, roof_seconds, warm_up_seconds, oracle_flop;
};

Pace pace_of(Depth depth) {
    switch (depth) {
    case Depth::quick: return {40, 4, 8, 0.02, 0.25, 2e7};
    case Depth::standard: return {{}, 12, 120, 0.1, 1, 1e8};
    case Depth::full: break;
    }
    return {{}, 200, 300, 0.25, 5, 4e8};
}

std::string date_now() {
    const std::time_t now = std::time(nullptr);
    std::tm           utc{};
#ifdef _WIN32
    gmtime_s(&utc, &now);
#else
    gmtime_r(&now, &utc);
#endif
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

std::string tuning_of(const Device& device) {
    std::string text;
    for (const TuningChoice& one : tuning_choices(device))
        if (one.value != one.usual) text += (text.empty() ? "" : ",") + one.name + "=" + std::to_string(one.value);
    return text;
}

class Bench {
public:
    Bench(const Device& device, const BenchOptions& options)
        : device_(device), options_(options), pace_(pace_of(options.depth)), cases_(chosen_cases(options)),
          runner_(device, options.model, roofs_, case_options()) {}

    BenchSummary run() {
        measure_roofs("start");
        for (const BenchCase& which : cases_) {
            show(which.name);
            run_case(which);
            ++done_;
        }
        measure_roofs("end");
        summary_.seconds = seconds();
        return summary_;
    }

private:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

    void show(const std::string& what) const {
        if (options_.cancel && options_.cancel->load()) throw Error(Status::cancelled, "bench", "was cancelled");
        const double all = static_cast<double>(std::max<std::size_t>(cases_.size(), 1));
        if (options_.progress) options_.progress(what, static_cast<double>(done_) / all);
    }

    std::uint32_t usual_samples() const { return device_.info().kind == DeviceInfo::Kind::cpu ? 10 : 20; }

    CaseOptions case_options() const {
        CaseOptions of;
        of.verify.oracle_flop      = pace_.oracle_flop;
        of.measure.samples         = options_.samples.value_or(usual_samples());
        of.measure.warm_up_seconds = pace_.warm_up_seconds;
        of.measure.cancel          = options_.cancel;
        of.most_memory             = share_of_memory * static_cast<double>(device_.info().device_memory);
        if (!options_.names.empty()) return of;
        of.most_seconds       = pace_.case_seconds;
        of.most_model_seconds = pace_.model_seconds;
        return of;
    }

    Record new_record(const std::string& name, const std::string& op) const {
        const DeviceInfo& info = device_.info();
        Record            record;
        record.name        = name;
        record.op          = op;
        record.device      = info.name;
        record.device_uuid = info.uuid;
        record.driver      = info.driver;
        record.driver_id   = info.driver_id;
        record.tuning      = tuning_of(device_);
        record.version     = identity::version;
        record.git         = identity::git;
        record.shaders     = identity::shaders;
        record.date        = date_now();
        record.command     = "attune bench --case " + name;
        return record;
    }

    void hand_over(const Record& record) {
        if (options_.record) options_.record(record);
        if (record.op == "roof") return;
        summary_.measured += record.outcome == Outcome::measured;
        summary_.planned += record.outcome == Outcome::planned;
        summary_.wrong += record.outcome == Outcome::wrong;
        summary_.left_out += record.outcome == Outcome::left_out;
        summary_.failed += record.outcome == Outcome::failed;
    }

    void run_case(const BenchCase& which) {
        Record record    = new_record(which.name, which.family->name);
        record.params    = which.parameters;
        const bool named = !options_.names.empty();
        const auto limit = options_.max_seconds || named ? options_.max_seconds : pace_.whole_seconds;
        if (limit && seconds() > *limit) {
            record.outcome = Outcome::left_out;
            record.ok      = false;
            record.note    = "left out: the run's time was over";
        } else {
            runner_.run(which, record);
        }
        hand_over(record);
    }

    void measure_roofs(const char* when) {
        for (const RoofKind kind : options_.roofs) {
            show(std::string("roof ") + name_of(kind));
            hand_over(roof_record(kind, when));
        }
    }

    Record roof_record(RoofKind kind, const std::string& when) {
        Record record  = new_record(std::string("roof:") + name_of(kind), "roof");
        record.params  = {{"when", when}};
        record.command = "attune bench --only roof";
        record.unit    = unit_of(kind);
        try {
            set_roof(kind, when, record);
        } catch (const Error& error) {
            if (error.status() == Status::cancelled || device_.lost()) throw;
            record.outcome = Outcome::failed;
            record.note    = error.what();
        }
        record.ok = record.outcome == Outcome::measured;
        return record;
    }

    void set_roof(RoofKind kind, const std::string& when, Record& record) {
        const Roof roof =
            measure_roof(device_, kind, {.bytes = 0, .samples = usual_samples(), .seconds = pace_.roof_seconds});
        if (!roof.available) {
            record.outcome = Outcome::left_out;
            record.note    = "left out: " + roof.why_not;
        } else if (!roof.ok) {
            record.outcome = Outcome::wrong;
            record.note    = "wrong: " + roof.why_not;
            ++summary_.wrong_roofs;
        } else {
            record.value = roof.per_second;
            record.clock = roof.clock == ProgramTimes::Clock::device ? "device" : "host";
            for (const double one : roof.samples) record.samples_ns.push_back(one * 1e9);
            note_drift(kind, when, record);
        }
    }

    // Of the end's roofs against those of the start, which are the ones that count.
    void note_drift(RoofKind kind, const std::string& when, Record& record) {
        if (when == "start") {
            roofs_.set(kind, *record.value);
            return;
        }
        const double before = roofs_.of(name_of(kind)), drift = before > 0 ? *record.value / before - 1 : 0;
        if (std::abs(drift) <= largest_drift) return;
        char text[64];
        std::snprintf(text, sizeof text, "unstable: %+.0f %% since the start", 100 * drift);
        record.note      = text;
        record.unstable  = true;
        summary_.drifted = true;
    }

    const Device&                         device_;
    const BenchOptions&                   options_;
    Pace                                  pace_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::vector<BenchCase>                cases_;
    RoofTable                             roofs_;
    BenchSummary                          summary_;
    CaseRunner                            runner_;
    std::size_t                           done_ = 0;
};

bool wanted(const BenchCase& which, const std::vector<std::string>& patterns) {
    return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& pattern) {
               return matches(pattern, which.name) || matches(pattern, which.family->name);
           });
}

}  // namespace

std::vector<BenchCase> chosen_cases(const BenchOptions& options) {
    std::vector<BenchCase> chosen;
    for (const std::string& name : options.names.empty() ? standard_sweep(options.depth) : options.names)
        if (BenchCase which = parse_case(name, options.known); wanted(which, options.only))
            chosen.push_back(std::move(which));
    const bool roofs_alone =
        std::ranges::any_of(options.only, [](const std::string& one) { return matches(one, "roof"); });
    if (chosen.empty() && !roofs_alone)
        throw Error(Status::usage, "bench", "no case matches", "--list shows those there are");
    return chosen;
}

BenchSummary run_bench(const Device& device, const BenchOptions& options) { return Bench(device, options).run(); }

}  // namespace attune::bench
