#include "bench/tune.h"

#include "bench/verify.h"

#include <attune/error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>

namespace attune::bench {
namespace {

constexpr double        least_gain   = 0.03;
constexpr std::uint32_t most_repeats = 4096, warm_ups = 2;

using Clock = std::chrono::steady_clock;

// A case with one value: what runs is fixed when it is made.
struct Contender {
    TuneTrial                         trial;
    std::unique_ptr<test::SessionRun> run     = {};
    std::optional<std::size_t>        like    = {};  // that contender, which is the one that runs
    std::uint32_t                     repeats = 1;

    bool runs() const { return run && trial.outcome == TuneTrial::Outcome::measured; }

    double sample() { return run->session().sample(run->program(), repeats, 1).seconds.at(0); }
};

bool alike(Contender& one, Contender& other) {
    const auto a = one.run->session().commands(one.run->program()),
               b = other.run->session().commands(other.run->program());
    return std::ranges::equal(a, b, [](const CommandData& x, const CommandData& y) {
        return x.kind == y.kind && x.kernel == y.kernel && x.groups == y.groups &&
               std::ranges::equal(x.constants, y.constants);
    });
}

bool same_bits(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
        return x.first == y.first && std::ranges::equal(x.second.bytes(), y.second.bytes());
    });
}

class Tuner {
public:
    Tuner(const Device& device, const TuneOptions& options) : device_(device), options_(options) {}

    std::vector<TuneResult> run() {
        const auto choices = tuning_choices(device_);
        for (const TuningChoice& choice : choices) set_tuning(device_, choice.name, choice.usual);
        std::vector<TuneResult> results;
        for (const TuningChoice& choice : choices) {
            share_ = static_cast<double>(results.size()) / static_cast<double>(choices.size());
            results.push_back(of(choice));
        }
        return results;
    }

private:
    TuneResult of(const TuningChoice& choice) {
        TuneResult result{.choice = choice, .value = choice.usual, .trials = {}};
        try {
            const auto cases = std::ranges::find(options_.cases, choice.name, &TuneCases::choice);
            if (cases != options_.cases.end())
                for (const std::string& name : cases->names) try_case(choice, name, result);
        } catch (...) {
            set_tuning(device_, choice.name, choice.usual);
            throw;
        }
        result.value = best_value(choice.usual, result.trials);
        set_tuning(device_, choice.name, result.value);
        return result;
    }

    void try_case(const TuningChoice& choice, const std::string& name, TuneResult& result) {
        if (std::chrono::duration<double>(Clock::now() - start_).count() > options_.max_seconds) return;
        const BenchCase which = parse_case(name, families());
        look(choice.name + ", " + which.name);
        test::Random           random(which.name);
        test::Case             made = which.family->make(which.parameters, random);
        std::vector<Contender> contenders;
        for (const std::uint32_t value : choice.candidates) {
            contenders.push_back(
                {.trial = {.choice = choice.name, .name = which.name, .value = value, .usual = value == choice.usual}});
            prepare(contenders.back(), made);
        }
        check(which, made, contenders);
        measure(contenders);
        for (Contender& one : contenders)
            if (one.like) take_over(contenders[*one.like].trial, one.trial);
        for (Contender& one : contenders) {
            result.wrong = result.wrong || one.trial.outcome == TuneTrial::Outcome::wrong;
            if (options_.trial) options_.trial(one.trial);
            result.trials.push_back(std::move(one.trial));
        }
    }

    void prepare(Contender& one, const test::Case& made) {
        set_tuning(device_, one.trial.choice, one.trial.value);
        guarded(one, [&] { one.run = std::make_unique<test::SessionRun>(device_, made); });
    }

    // One that runs what one before it runs is not run again.
    static void find_alike(std::vector<Contender>& contenders) {
        for (std::size_t i = 1; i < contenders.size(); ++i)
            for (std::size_t before = 0; before < i && contenders[i].runs(); ++before)
                if (contenders[before].runs() && alike(contenders[i], contenders[before])) {
                    contenders[i].like = before;
                    contenders[i].run.reset();
                }
    }

    static void take_over(const TuneTrial& from, TuneTrial& to) {
        to.outcome  = from.outcome == TuneTrial::Outcome::measured ? TuneTrial::Outcome::alike : from.outcome;
        to.ns       = from.ns;
        to.median   = from.median;
        to.interval = from.interval;
        to.ratio    = from.ratio;
        to.note     = "runs what runs with " + std::to_string(from.value);
    }

    // The first one has the usual value.
    void check(const BenchCase& which, test::Case& made, std::vector<Contender>& contenders) {
        std::map<std::string, Tensor> usual;
        for (Contender& one : contenders) {
            if (!one.runs()) continue;
            guarded(one, [&] {
                auto results = one.run->results();
                if (usual.empty())
                    usual = std::move(results);
                else if (!same_bits(results, usual))
                    refuse(one, "other bits than with " + std::to_string(contenders.front().trial.value));
            });
        }
        find_alike(contenders);
        Contender& first = contenders.front();
        if (first.runs())
            guarded(first, [&] {
                const Verdict verdict = verify(which, made, *first.run, {});
                if (!verdict.right) refuse(first, verdict.note);
            });
        if (first.runs()) return;
        for (Contender& one : contenders)  // there is nothing to compare them with
            if (one.runs()) {
                one.trial.outcome = first.trial.outcome;
                one.trial.note    = "as with the usual value";
            }
    }

    static void refuse(Contender& one, const std::string& why) {
        one.trial.outcome = TuneTrial::Outcome::wrong;
        one.trial.note    = why;
    }

    template <class Work> void guarded(Contender& one, const Work& work) {
        try {
            work();
        } catch (const Error& error) {
            if (error.status() == Status::cancelled || device_.lost()) throw;
            one.trial.outcome = TuneTrial::Outcome::failed;
            one.trial.note    = error.what();
        }
    }

    // Rounds, in each of which every value has its sample: what else the machine does meets all of them.
    void measure(std::vector<Contender>& contenders) {
        std::vector<Contender*> timed;
        for (Contender& one : contenders)
            if (one.runs()) timed.push_back(&one);
        if (timed.size() < 2) timed.clear();
        for (Contender* one : timed) {
            for (std::uint32_t i = 0; i < warm_ups; ++i) {
                const double wanted = std::ceil(options_.least_seconds / std::max(one->sample(), 1e-9));
                one->repeats = static_cast<std::uint32_t>(std::clamp(wanted, 1.0, static_cast<double>(most_repeats)));
            }
        }
        for (std::uint32_t round = 0; round < options_.samples; ++round)
            for (Contender* one : timed) {
                look({});
                one->trial.ns.push_back(one->sample() * 1e9);
            }
        for (Contender* one : timed) {
            one->trial.median   = median(one->trial.ns);
            one->trial.interval = median_interval(one->trial.ns);
            one->trial.ratio    = one->trial.median / timed.front()->trial.median;
        }
    }

    void look(const std::string& what) const {
        if (options_.cancel && options_.cancel->load()) throw Error(Status::cancelled, "tune", "was cancelled");
        if (options_.progress && !what.empty()) options_.progress(what, share_);
    }

    const Device&      device_;
    const TuneOptions& options_;
    Clock::time_point  start_ = Clock::now();
    double             share_ = 0;
};

}  // namespace

bool TuneTrial::faster_than(const TuneTrial& other) const {
    return !ns.empty() && !other.ns.empty() && median < (1 - least_gain) * other.median &&
           interval.high < other.interval.low;
}

std::uint32_t best_value(std::uint32_t usual, const std::vector<TuneTrial>& trials) {
    struct Score {
        std::uint32_t value  = 0;
        bool          faster = false, out = false;
        double        ratio = 1;  // of all cases, multiplied
    };
    std::vector<Score> scores;
    for (const TuneTrial& one : trials) {
        auto score = std::ranges::find(scores, one.value, &Score::value);
        if (score == scores.end()) score = scores.insert(score, {.value = one.value});
        const auto same_case = [&](const TuneTrial& other) { return other.usual && other.name == one.name; };
        const auto of_usual  = std::ranges::find_if(trials, same_case);
        score->out =
            score->out || one.outcome == TuneTrial::Outcome::wrong || one.outcome == TuneTrial::Outcome::failed;
        if (of_usual == trials.end()) continue;
        score->out    = score->out || of_usual->faster_than(one);
        score->faster = score->faster || one.faster_than(*of_usual);
        score->ratio *= one.ratio;
    }
    std::erase_if(scores, [](const Score& one) { return one.out || !one.faster; });
    const auto best = std::ranges::min_element(scores, {}, &Score::ratio);
    return best == scores.end() ? usual : best->value;
}

// On CPUs what takes some milliseconds there, and likewise on GPUs; a few shapes for each, of decoding and of encoding.
const std::vector<TuneCases>& tune_cases() {
    static const std::vector<TuneCases> all = {
        {"product_sharing",
         {"gemm:m=1024,n=1,k=1024,type=f16", "gemm:m=512,n=8,k=512,type=f16", "gemm:m=512,n=128,k=512,type=f16"}},
        {"product_rows",
         {"gemm:m=512,n=8,k=512,type=f16", "gemm:m=512,n=12,k=512,type=f16", "gemm:m=512,n=128,k=512,type=f16"}},
        {"sliced_rows",
         {"gemm:m=2048,n=6,k=512,type=f16", "gemm:m=4096,n=8,k=4096,type=f16", "gemm:m=512,n=8,k=2048,type=f16"}},
        {"low_tile_rows",
         {"gemm:m=2048,n=24,k=512,type=f16", "gemm:m=2048,n=32,k=2048,type=f16", "gemm:m=2048,n=64,k=512,type=f16"}},
        {"single_tiles",
         {"attention:heads=8,batch=8,queries=16,head_dim=64", "attention:heads=8,batch=8,queries=24,head_dim=32",
          "attention:heads=8,batch=8,queries=32,head_dim=64"}},
        {"decode_groups",
         {"attention:heads=8,queries=1,keys=16384,head_dim=64,type=f16",
          "attention:heads=8,batch=32,queries=1,keys=1024,head_dim=64"}},
        {"rows_in_turn",
         {"layer_norm:rows=512,width=512", "layer_norm:rows=4096,width=256", "layer_norm:rows=4096,width=1024",
          "softmax:rows=512,width=512", "softmax:rows=4096,width=1024"}},
        {"texel_loads",
         {"gemm:m=1024,n=1,k=1024,type=f16", "gemm:m=512,n=128,k=512", "attention:heads=8,queries=256,keys=256,head_dim=64",
          "softmax:rows=1024,width=512"}},
        {"point_lanes",
         {"heads:way=split,queries=4096,heads=8,head_dim=64,type=f16",
          "embedding:tokens=4096,vocabulary=32000,width=512,type=f16",
          "embedding:tokens=64,vocabulary=32000,width=512"}},
        {"point_run",
         {"heads:way=split,queries=1024,heads=8,head_dim=64",
          "embedding:tokens=1024,vocabulary=4096,width=512,type=f16",
          "embedding:tokens=1024,vocabulary=4096,width=512"}},
    };
    return all;
}

std::vector<TuneResult> tune(const Device& device, const TuneOptions& options) { return Tuner(device, options).run(); }

}  // namespace attune::bench
