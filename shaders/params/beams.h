// Parameters of the kernels that keep a decode step's books: reorder_ancestors, keep_rows, advance.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct ReorderAncestorsParams {
    uint sentences;         // of this dispatch
    uint beams;
    uint capacity;          // T
    uint first_row;         // of this dispatch: of its first sentence
    uint ancestors_start;   // elements to skip in each binding
    uint parents_start;
    uint position_start;
};

struct ReorderWindowParams {
    uint beams;             // rows of the sentence
    uint first_row;         // of the sentence
    uint first_beam;        // of this dispatch
    uint first_column;      // of this dispatch
    uint columns;           // of this dispatch
    uint points;            // elements of this dispatch: beams * columns
    uint capacity;          // T
    uint window_first;      // columns that the window holds
    uint window_columns;
    uint ancestors_start;   // elements to skip in each binding
    uint parents_start;
    uint position_start;
};

struct KeepRowsParams {
    uint rows;              // of this dispatch, and the first of them
    uint first_row;
    uint source_rows;       // rows that they are taken from in this dispatch, and the first of them
    uint source_first;
    uint words;             // 32-bit words of a row in this dispatch
    uint stride;            // and of a whole row
    uint memory_start;      // words to skip in each binding
    uint indices_start;
    uint source_start;
    uint renumber;          // 1: the words are row numbers and move down with their row
};

struct AdvanceParams {
    uint elements;          // of this dispatch
    uint start;             // the first of them in the binding
    uint step;
};

#ifdef __cplusplus
}
#endif
