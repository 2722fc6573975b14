// Cases of a whole model: translations of sentences whose right translations are known.
#pragma once

#include "bench/families.h"
#include "bench/generated_model.h"
#include "bench/measure.h"
#include "bench/verify.h"

#include "checks/goldens.h"

#include <attune/translator.hpp>

#include <filesystem>
#include <map>
#include <optional>

namespace attune::bench {

struct ModelPlace {
    std::filesystem::path folder, goldens;
};

// The model on one device: kept from one case to the next, if its numbers and its rows are the same.
class Models {
public:
    Models(const Device& device, ModelPlace place) : device_(device.share()), place_(std::move(place)) {}

    // Texts of the shipped model are those of the goldens, of greedy search and of beam 4; the first line's text and score
    // are the oracle's.
    const Verdict& verify(const BenchCase& which);

    // Times encoder passes, steps of the decoder, or whole translations of the case's lines together.
    Timing measure(const BenchCase& which, const MeasureOptions& options);

    // Of the last pass over the lines: tokens in one run of what the case measures, dispatches of a decoder step, and
    // what is on the device.
    struct Facts {
        double        tokens     = 0;
        std::size_t   dispatches = 0;
        std::uint64_t bytes      = 0;
    };
    Facts facts(const BenchCase& which);

private:
    std::vector<test::Golden> lines(std::uint64_t count);
    ModelSource               source(const BenchCase& which);
    Translator&               translator(const BenchCase& which);
    const Translation&        oracles(const BenchCase& which);
    double                    pass(const BenchCase& which);

    Device                             device_;
    ModelPlace                         place_;
    std::vector<test::Golden>          goldens_;
    std::optional<Translator>          translator_;  // of the last case
    std::string                        made_for_;
    std::optional<GeneratedModel>      generated_;
    std::map<std::string, Translation> oracles_;     // the first line, by model and beams
    std::map<std::string, Verdict>     verdicts_;    // cases of the same lines and search have the same
    double                             tokens_ = 0;  // of the last pass
};

}  // namespace attune::bench
