// Parameters of attention_gather; valid in GLSL and C++. 32-bit scalars only, so that both sides agree
// on the layout without any feature.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct AttentionGatherParams {
    uint rows;              // of the result: batches x heads x keys of this dispatch
    uint words;             // of a row
    uint first_batch;       // of the query
    uint first_head, heads; // of the keys
    uint first_key, keys;   // of a head
    uint batch, head, row;  // words from one to the next in the source
    uint source_start;      // word of batch 0, head 0, key 0 in the source
    uint seen_first, seen_end;   // words of the source that the binding holds
    uint ancestors_start;   // of batch 0 in its binding, modulo 2^32
    uint capacity;          // keys of a row of the source
    uint source_batches;
};

#ifdef __cplusplus
}  // namespace attune
#endif
