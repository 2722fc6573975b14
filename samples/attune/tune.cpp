// attune tune: measures which of the numbers that a device can be tuned in are better than those of the table, and keeps
// them in the cache file.
#include "command.h"
#include "device_cache.h"
#include "devices.h"
#include "interrupt.h"
#include "progress.h"
#include "units.h"

#include "bench/tune.h"

#include <attune/qualification.hpp>

#include <cstdio>
#include <unistd.h>

namespace attune::cli {
namespace {

struct TuneChoices {
    std::string           device;
    CacheChoice           cache;
    std::optional<double> max_seconds;
};

Syntax syntax(TuneChoices& c) {
    return {.usage = "attune tune [--device DEVICE] [--cache-file FILE]",
            .about =
                "Tries other ways of sharing out the work of a device's kernels than attune's table has for its kind,\n"
                "takes those that are faster by more than 3 % beyond doubt, and keeps them in the cache file, where\n"
                "'attune translate' and all who open it find them. They change no bit of any result: each is held\n"
                "against the usual one, and that against a reference in double precision, before it is timed. Takes a\n"
                "minute at most. Nothing else should use the device meanwhile.\n",
            .operands = 0,
            .options  = {
                 {{"--device"},
                  "DEVICE",
                  "index or part of a name from 'attune devices'; default: the best GPU there is, else a CPU",
                  to_text(c.device)},
                 cache_file_option(c.cache),
                 no_cache_option(c.cache),
                 {{"--max-seconds"}, "N", "begin no case after so long; default 45", to_real(c.max_seconds, 0, 1e6)}}};
}

void print_trial(const bench::TuneTrial& one) {
    std::printf("%-16s %4u%s  %-62s", one.choice.c_str(), one.value, one.usual ? "*" : " ", one.name.c_str());
    if (!one.ns.empty())
        std::printf(" %9s %9s..%-9s %5.2f", in_time(one.median).c_str(), in_time(one.interval.low).c_str(),
                    in_time(one.interval.high).c_str(), one.ratio);
    switch (one.outcome) {
    case bench::TuneTrial::Outcome::wrong: std::printf(" WRONG  %s", one.note.c_str()); break;
    case bench::TuneTrial::Outcome::failed: std::printf(" failed  %s", one.note.c_str()); break;
    default: std::printf("  %s", one.note.c_str());
    }
    std::printf("\n");
}

// False if anything was wrong.
bool print_results(const std::vector<bench::TuneResult>& results) {
    bool right = true;
    std::printf("\n");
    for (const bench::TuneResult& one : results) {
        right = right && !one.wrong;
        std::printf("%-16s %4u  %s%s\n", one.choice.name.c_str(), one.value, one.choice.about.c_str(),
                    one.trials.empty()              ? "; not tried"
                    : one.value == one.choice.usual ? ""
                                                    : (", instead of " + std::to_string(one.choice.usual)).c_str());
    }
    if (results.empty()) std::printf("there is nothing that this device can be tuned in\n");
    return right;
}

}  // namespace

std::string tune_help() {
    TuneChoices choices;
    return help_text(syntax(choices));
}

int tune(const Words& words) {
    TuneChoices choices;
    read_arguments(syntax(choices), words);
    if (choices.device == "oracle")
        throw Error(Status::usage, "--device", "the oracle has nothing to be tuned", "name a device");
    const Device device =
        Device::open({.select = choices.device == "auto" ? std::string() : choices.device, .caps = {}});
    DeviceCache cache(choices.cache, device, nullptr, DeviceCache::Tuning::found_anew);
    print_device(device.info());
    std::printf("\n%-16s %5s  %-62s %9s %20s %5s\n", "choice", "value", "case (* is the table's value)", "median",
                "95 % of medians", "ratio");
    std::fflush(stdout);

    catch_interrupts();
    Share              progress(::isatty(STDERR_FILENO) ? Progress::Shown::yes : Progress::Shown::no);
    bench::TuneOptions options{.cancel = &interrupted()};
    if (choices.max_seconds) options.max_seconds = *choices.max_seconds;
    options.progress = [&](const std::string& what, double share) { progress.update(what, share); };
    options.trial    = [&](const bench::TuneTrial& one) {
        progress.wipe();
        print_trial(one);
        std::fflush(stdout);
    };
    const auto results = bench::tune(device, options);
    progress.wipe();
    const bool right = print_results(results);
    for (const RefusedVariant& one : refused_variants(device))
        std::printf("%s is not used: %s; instead: %s\n", one.name.c_str(), one.why.c_str(), one.instead.c_str());
    const std::string file = cache.save_tuning();
    std::printf("%s\n", file.empty() ? "kept nowhere" : ("kept in " + file).c_str());
    return right ? Exit::done : Exit::no_device;
}

}  // namespace attune::cli
