// Parameters of kv_append.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

// Of the dispatch: it has `positions` of S, `heads` of Hk, `head_size` of D, and `rows` of T.
struct KvAppendParams {
    uint pairs;              // pairs of neighbours along the head size, in all
    uint positions, heads, head_size;
    uint first_position;     // of S
    uint first_row;          // of T
    uint rows;
    uint position_start;     // element of the binding that belongs to the first batch
    uint key_start, key_batch, key_head, key_row;           // elements: first, and between neighbours
    uint value_start, value_batch, value_head, value_row;
    uint cache_batch, cache_head, cache_row;
    uint key_cache_start, value_cache_start;
};

#ifdef __cplusplus
}
#endif
