// Graphs drawn at random from fixed seeds, and what the oracle makes of them.
#pragma once

#include "checks/case.h"

namespace attune::test {

struct RandomGraph {
    std::uint64_t seed = 0;
    bool          large = false;     // hundreds of rows and columns instead of a few
    bool          half = false;      // some values and states are f16
    bool          int8 = false;      // some matrices are i8
    bool          numbers = true;    // without them an example can be planned, but not run
};

// All ops, with states that are written more than once, weights that are shared, columns, heads in both
// layouts, and outputs in the middle of the graph. Same settings, same example.
Example random_example(const RandomGraph& settings);

// Outputs and written states after one run on the oracle. `graph`: that of the example, or what was made of it.
std::map<std::string, oracle::Array> oracle_results(const Graph& graph, Example& example);

}  // namespace attune::test
