// Parameters of the linear kernels; valid in GLSL and C++. 32-bit scalars only, so that
// both sides agree on the layout without any feature. Offsets and strides count elements of the operand's type.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct LinearParams {
    uint rows;              // of x in this dispatch
    uint width;             // K: elements of a row of x, of a row of the weight
    uint outputs;           // columns of y that this dispatch makes
    uint first_output;      // the first of them
    uint first_panel;       // of the weight's binding: where their weights begin
    uint x_first;           // element of the binding where the first row of x begins
    uint x_stride;          // from one row of x to the next
    uint residual_first;
    uint residual_stride;
    uint y_first;
    uint y_stride;
    uint row_groups;        // workgroups that share columns of y, one after the other; then come the next columns
    float epsilon;          // of the norm behind it, added to the variance; of kernels with NORM
    uint first_row;         // of x in this dispatch; this and what follows: of kernels with APPEND
    uint positions;         // rows of x that belong to one batch
    uint key_column;        // outputs that are keys, and values: from here on, cache_columns each
    uint value_column;
    uint cache_columns;
    uint head_size;
    uint capacity;          // rows of a head in the caches
};

#ifdef __cplusplus
}  // namespace attune
#endif
