// y = relu(x w + b) of two numbers each, and a position that moves by 3 with each run.
#pragma once

#include "c_api/guest.h"

namespace attune::test {

attune_graph counting_graph();

// Sets x, runs, and gives y and the position.
struct Counted {
    float         y[2];
    std::uint32_t position;
};
Counted count_once(attune_session session, float first, float second);

}  // namespace attune::test
