// Parameters of the elementwise kernels (add, activate).
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct ElementwiseParams {
    uint elements;       // of this dispatch
    uint x_start;        // element of each binding at which the dispatch begins
    uint other_start;
    uint result_start;
};

#ifdef __cplusplus
}
#endif
