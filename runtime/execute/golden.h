// Golden cases: small graphs with all their numbers that need a given pipeline, and what they must give by the formula.
#pragma once

#include "plan/plan.h"

#include <attune/weights.hpp>

#include <map>
#include <string>
#include <vector>

namespace attune {

struct GoldenCase {
    std::string                   what;  // "linear, 19 x 4100 -> 17"
    Graph                         graph;
    std::map<std::string, Tensor> tensors;  // inputs
    WeightMap                     weights;
    Plan                          plan;  // for the device in question
    WeightLayouts                 layouts;
};

// Cases whose plans have the pipeline (kernel and constants) of one of a plan's dispatches: rows, sums and outputs with odd
// tails, sums of more than 4096 products, and numbers beyond f16 where f16 is written. Numbers follow from the case
// alone. Empty for ops that have no optional kernels, and where no case needs such a pipeline. Pure.
std::vector<GoldenCase> golden_cases(const Plan& plan, const PlannedDispatch& planned, const DeviceTraits& traits);

// "" or how the outputs of a case differ from what the oracle computes.
std::string golden_difference(GoldenCase& golden, const std::map<std::string, Tensor>& outputs);

}  // namespace attune
