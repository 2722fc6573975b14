// Parameters of the kernels that keep a decode step's books: reorder_ancestors, keep_rows, advance.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct ReorderAncestorsParams {
    uint sentences;   // rows / beams
    uint beams;
    uint capacity;    // T
};

struct KeepRowsParams {
    uint rows;        // rows kept
    uint words;       // 32-bit words of a row
    uint renumber;    // 1: the words are row numbers and move down with their row
};

struct AdvanceParams {
    uint elements;
    uint step;
};

#ifdef __cplusplus
}
#endif
