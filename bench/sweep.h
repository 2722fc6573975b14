// The standard sweep: which cases `attune bench` runs when none is named, the ones that tell most first.
#pragma once

#include "bench/families.h"

namespace attune::bench {

enum class Depth { quick, standard, full };

// Those of a depth and of the depths before it. Each is in canonical form, once.
std::vector<std::string> standard_sweep(Depth depth);

}  // namespace attune::bench
