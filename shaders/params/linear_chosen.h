// Parameters of linear_chosen. Offsets and strides count elements of the operand's type.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct LinearChosenParams {
    uint sentences;        // of this dispatch
    uint rows;             // of x for each of them
    uint places;           // of each list
    uint row_groups;       // workgroups that share places: one after the other; then come the next places
    uint place_groups;     // workgroups of a sentence's places
    uint width;            // columns of the weight's binding: elements of a sum
    uint weight_rows;      // V, of the whole weight
    uint first_row;        // rows of the weight that this dispatch multiplies with
    uint end_row;
    uint chunk_row;        // the first row of the weight's binding
    uint goes_on;          // 1: sums go on from what y holds
    uint x_start;          // element of each binding at which the dispatch begins
    uint x_sentence;       // from one sentence to the next
    uint x_row;
    uint chosen_start;
    uint chosen_sentence;
    uint bias_start;       // of row first_row
    uint y_start;
    uint y_sentence;
    uint y_row;
};

#ifdef __cplusplus
}
#endif
