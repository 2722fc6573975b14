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

// Of both kernels for rows in parts: a dispatch has some elements of one row.
struct SoftmaxPartsParams {
    uint elements;       // of this dispatch
    uint part;           // elements of a part: what a workgroup takes
    uint parts;          // of a row
    uint stats_start;    // softmax_parts: of this dispatch's first part; softmax_apply: of the row's
    uint x_start;        // element of each binding at which the dispatch begins
    uint result_start;
};

#ifdef __cplusplus
}  // namespace attune
#endif
