#include "bench/measure.h"

#include "bench/statistics.h"

#include <attune/error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace attune::bench {
namespace {

constexpr std::size_t agreeing  = 5;
constexpr double      agreement = 0.02;

std::uint32_t repeats_for(double seconds, const MeasureOptions& options) {
    const double wanted = seconds > 0 ? std::ceil(options.least_seconds / seconds) : options.most_repeats;
    return static_cast<std::uint32_t>(std::clamp(wanted, 1.0, static_cast<double>(options.most_repeats)));
}

class Measurement {
public:
    Measurement(const Sampler& sampler, const MeasureOptions& options) : sampler_(sampler), options_(options) {}

    Timing run() {
        choose_repeats();
        if (takes_too_long()) return std::move(timing_);
        warm_up();
        while (timing_.seconds.size() < options_.samples) timing_.seconds.push_back(sample());
        return std::move(timing_);
    }

private:
    double sample() {
        if (options_.cancel && options_.cancel->load()) throw Error(Status::cancelled, "bench", "was cancelled");
        const auto   start = std::chrono::steady_clock::now();
        const double taken = sampler_(timing_.repeats, 1).at(0);
        took_              = std::chrono::steady_clock::now() - start;
        return last_ = taken;
    }

    // By the host's clock too: to measure a step of the decoder takes a whole pass.
    bool takes_too_long() {
        const double samples = static_cast<double>(agreeing + options_.samples);
        const double in_all  = std::max(last_ * timing_.repeats, took_.count()) * samples;
        if (!options_.most_seconds || in_all <= *options_.most_seconds) return false;
        timing_.in_all = in_all;
        return true;
    }

    // The first run may wake the device up, and a lone one takes longer than one among others: look again until the
    // number stays.
    void choose_repeats() {
        for (int look = 0; look < 5; ++look) {
            const std::uint32_t wanted = repeats_for(sample(), options_);
            const bool          enough = wanted <= timing_.repeats;
            timing_.repeats            = std::max(wanted, timing_.repeats);
            if (enough && look > 0) return;
        }
    }

    void warm_up() {
        const auto          start = std::chrono::steady_clock::now();
        std::vector<double> last;
        while (true) {
            last.push_back(sample());
            if (last.size() < agreeing) continue;
            if (agree(std::span(last).last(agreeing), agreement)) return;
            const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
            if (spent.count() >= options_.warm_up_seconds) break;
        }
        timing_.unstable = true;
    }

    const Sampler&                sampler_;
    const MeasureOptions&         options_;
    Timing                        timing_;
    double                        last_ = 0;  // sample: seconds of one run
    std::chrono::duration<double> took_{};    // by it, with all its repeats and what is around them
};

}  // namespace

Timing measure(const Sampler& sample, const MeasureOptions& options) { return Measurement(sample, options).run(); }

}  // namespace attune::bench
