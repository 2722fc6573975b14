// One case on one device, from its name to its record.
#pragma once

#include "bench/measure.h"
#include "bench/models.h"
#include "bench/roof_table.h"
#include "bench/verify.h"

namespace attune::bench {

struct CaseOptions {
    VerifyOptions         verify             = {};
    MeasureOptions        measure            = {};
    std::optional<double> most_seconds       = {};  // leave out what would take longer; unset: run it
    std::optional<double> most_model_seconds = {};  // likewise of models
    double                most_memory        = 0;   // bytes
};

class CaseRunner {
public:
    CaseRunner(const Device& device, ModelPlace model, const RoofTable& roofs, CaseOptions options)
        : device_(device), models_(device, std::move(model)), roofs_(roofs), options_(std::move(options)) {}

    // Fills what the case itself says in the record: outcome, times, path, shares. What goes wrong on the way is the
    // record's outcome; throws cancelled, and what is thrown when the device is lost.
    void run(const BenchCase& which, Record& record);

    // About how long it will take: of its work, as a share of the roofs that kernels are known to reach.
    double estimated_seconds(const BenchCase& which) const;

private:
    void run_graph(const BenchCase& which, Record& record);
    void run_model(const BenchCase& which, Record& record);
    void plan(const test::Case& made, Record& record);
    bool fits(const BenchCase& which, Record& record) const;
    void set_verdict(const Verdict& verdict, Record& record) const;
    void set_timing(const Timing& timing, const Work& work, std::size_t dispatches, Record& record) const;

    const Device&    device_;
    Models           models_;
    const RoofTable& roofs_;
    CaseOptions      options_;
};

}  // namespace attune::bench
