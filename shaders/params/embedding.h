// Parameters of embedding.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct EmbeddingParams {
    uint  tokens;             // ids of this dispatch
    uint  width;              // elements of a row of the table
    uint  ids_start;          // elements to skip in each binding
    uint  positions_start;
    uint  result_start;
    uint  table_rows;         // of the whole table: ids are clamped to it
    uint  chunk_first;        // rows of the table that this chunk holds
    uint  chunk_rows;
    uint  position_rows;      // of the whole position table
    uint  position_first;     // rows of it that this chunk holds
    uint  position_chunk;
    float scale;
};

#ifdef __cplusplus
}
#endif
