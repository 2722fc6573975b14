// Parameters of embedding.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct EmbeddingParams {
    uint  tokens;             // ids of this dispatch
    uint  columns;            // elements of a row that it makes
    uint  ids_start;          // elements to skip in each binding
    uint  positions_start;
    uint  result_start;
    uint  result_stride;      // from one token's row to the next
    uint  table_rows;         // of the whole table: ids are clamped to it
    uint  table_first;        // rows of the table that this dispatch sees
    uint  table_seen;
    uint  table_start;        // first element of the first of them; in panels its column
    uint  table_stride;       // elements of a row as it lies here
    uint  position_rows;      // likewise of the position table
    uint  position_first;
    uint  position_seen;
    uint  position_start;
    uint  position_stride;
    float scale;
};

#ifdef __cplusplus
}
#endif
