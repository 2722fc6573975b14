// The benchmark: roofs, cases, roofs again, on one device.
//
//     attune::bench::BenchOptions options{.names = {"gemm:n=8"}, .model = {folder, goldens}};
//     options.record = [](const attune::bench::Record& record) { std::puts(to_json(record).c_str()); };
//     attune::bench::run_bench(device, options);
#pragma once

#include "bench/models.h"
#include "bench/record.h"
#include "bench/roof_table.h"
#include "bench/sweep.h"

#include <attune/device.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace attune::bench {

struct BenchOptions {
    std::vector<std::string> names = {};  // what is run, however long it takes; none: the sweep, as far as time allows
    std::vector<std::string> only  = {};  // patterns, * and ?, of which a case or its family matches one; none: all;
                                          // "roof": no case, if no other matches, and the roofs
    Depth                        depth   = Depth::standard;
    std::optional<std::uint32_t> samples = {};  // unset: 20, and 10 on CPU drivers
    std::optional<double> max_seconds = {};  // begin nothing new after so long; unset: 40 s if quick and none is named
    ModelPlace            model       = {};
    std::span<const Family>            known  = families();
    std::span<const RoofKind>          roofs  = roof_kinds();  // that are measured, in front and again behind
    const std::atomic<bool>*           cancel = nullptr;
    std::function<void(const Record&)> record = {};                            // each as soon as it is there
    std::function<void(const std::string& what, double share)> progress = {};  // what is being done; 0 to 1
};

struct BenchSummary {
    std::size_t measured = 0, planned = 0, wrong = 0, left_out = 0, failed = 0;
    std::size_t wrong_roofs = 0;
    bool        drifted     = false;  // a roof at the end was 5 % off that of the start: the run is unstable
    double      seconds     = 0;
};

// The cases that would run, in order. Throws usage for a name that is none, or patterns that nothing matches.
std::vector<BenchCase> chosen_cases(const BenchOptions& options);

// A wrong result or a case that fails is a record of its own, and the rest goes on. Throws cancelled, what `record`
// throws, and device_failed once the device is lost; the records so far have been handed over.
BenchSummary run_bench(const Device& device, const BenchOptions& options);

}  // namespace attune::bench
