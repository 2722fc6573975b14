// Parameters of layer_norm; valid in GLSL and C++. 32-bit scalars only, so that both sides agree
// on the layout without any feature.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct LayerNormParams {
    uint  rows;             // rows of this dispatch
    uint  width;            // elements of a row
    uint  x_start;          // element of x's binding at which the first row begins
    uint  residual_start;   // likewise
    uint  result_start;     // likewise
    float epsilon;          // added to the variance
};

// Of both kernels for rows in parts: a dispatch has some elements of one row.
struct LayerNormPartsParams {
    uint  width;            // elements of a row
    uint  elements;         // of this dispatch
    uint  part;             // elements of a part: what a workgroup takes
    uint  parts;            // of a row
    uint  stats_start;      // layer_norm_parts: of this dispatch's first part; layer_norm_apply: of the row's
    uint  x_start;          // element of each binding at which the dispatch begins
    uint  residual_start;
    uint  gain_start;
    uint  bias_start;
    uint  result_start;
    float epsilon;          // added to the variance
};

#ifdef __cplusplus
}
#endif
