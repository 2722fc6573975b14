// Parameters of top_k's two kernels.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct TopKParams {
    uint rows;             // of this dispatch
    uint first_row;        // of this dispatch, in the temporaries and among the banned
    uint vocabulary;       // logits of a row
    uint strip;            // logits that one lane scans
    uint strips;           // strips of a row
    uint first_strip;      // of this dispatch
    uint strips_here;
    uint k;                // how many are wanted
    uint banned_columns;   // 0: nothing is banned
    uint logits_start;     // elements to skip in each binding
    uint banned_start;
    uint ids_start;
    uint log_start;
};

#ifdef __cplusplus
}
#endif
