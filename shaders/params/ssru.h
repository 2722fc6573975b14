// Parameters of ssru.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct SsruParams {
    uint sentences;          // of this dispatch
    uint beams;              // rows of a sentence; of these the dispatch has `rows` from `first_beam` on
    uint rows;
    uint first_beam;
    uint columns;            // of this dispatch
    uint first_row;          // of its first sentence, as parents count them
    uint width;              // of a row of the cell and of the result
    uint window_width;       // of a row of the window
    uint forget_stride;      // from one row to the next
    uint candidate_stride;
    uint cell_start;         // element of each binding at which the dispatch begins
    uint window_start;
    uint forget_start;
    uint candidate_start;
    uint parents_start;
    uint position_start;
    uint result_start;
};

#ifdef __cplusplus
}
#endif
