// Parameters of kv_append.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct KvAppendParams {
    uint pairs;              // pairs of neighbours along the head size, in all
    uint positions, heads, head_size;   // S, Hk, D of the new rows
    uint capacity;           // T
    uint first_batch;        // of this dispatch, in the position table
    uint key_start, key_batch, key_head, key_row;           // elements: first, and between neighbours
    uint value_start, value_batch, value_head, value_row;
    uint key_cache_start, value_cache_start;
};

#ifdef __cplusplus
}
#endif
