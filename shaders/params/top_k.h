// Parameters of top_k's two kernels.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct TopKParams {
    uint rows;             // of this dispatch
    uint vocabulary;       // logits of a row
    uint strip;            // logits that one lane scans
    uint strips;           // strips of a row
    uint k;                // how many are wanted
    uint banned_columns;   // 0: nothing is banned
    uint logits_start;     // elements to skip in the logits' binding
    uint first_row;        // of this dispatch
};

#ifdef __cplusplus
}
#endif
