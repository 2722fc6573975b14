// Parameters of the attention kernels; valid in GLSL and C++. 32-bit scalars only, so that both
// sides agree on the layout without any feature. Offsets and strides count elements of the operand's type.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

// Element (batch b, head h, row i, column c) of an operand is at start + b batch + h head + i row + c,
// modulo 2^32: start is that of batch 0 and head 0, which may lie before the binding.
struct AttentionOperand {
    uint start, batch, head, row;
};

struct AttentionParams {
    AttentionOperand query;     // attention_values: the weights
    AttentionOperand key;
    AttentionOperand value;
    AttentionOperand result;    // attention_scores: the scores
    uint  tiles;                // of query rows in this dispatch, over all its heads and batches
    uint  heads;                // query heads of this dispatch, and the first of them
    uint  first_head;
    uint  first_batch;
    uint  units;                // tiles of a batch in this dispatch, and the first of them
    uint  first_unit;
    uint  batches;              // of the query, whole
    uint  queries;              // rows of a batch of the query
    uint  keys;                 // rows of a batch of the key
    uint  columns;              // attention_scores, _values: width of a row of scores; slices: how many one takes
    int   position;             // of query 0, where there are no blocks
    uint  table_start;          // of the blocks, or else the ancestors, in their binding, modulo 2^32
    uint  first_row, end_row;   // windows, slices: rows of the query, counted over all batches,
    uint  first_key, end_key;   //          and keys of a head of a batch; end 2^32-1: all that follow
};

#ifdef __cplusplus
}  // namespace attune
#endif
