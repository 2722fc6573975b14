// Parameters of softmax; valid in GLSL and C++. 32-bit scalars only, so that both sides agree on the
// layout without any feature.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct SoftmaxParams {
    uint rows;           // of this dispatch
    uint width;          // elements of a row
    uint x_start;        // element of x's binding at which the first row begins
    uint result_start;   // likewise
};

#ifdef __cplusplus
}  // namespace attune
#endif
