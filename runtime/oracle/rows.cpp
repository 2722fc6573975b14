// Ops that pick rows or columns: embedding, columns.
#include "oracle/functions.h"

#include <algorithm>

namespace attune::oracle {
namespace {

// Row `index` of a matrix, or its last row if there are not so many. Never called for a matrix without rows.
const double* row_of(const Array& matrix, std::uint64_t index, std::uint64_t rows, std::uint64_t width) {
    return matrix.values.data() + std::min(index, rows - 1) * width;
}

}  // namespace

// ids [..], table [V, E], positions, one per id, or more, or one per row of ids?, position_table [P, E]? -> [.., E]
void embedding(const Call& call) {
    const Array&        ids   = call.input(0);
    const Array&        table = call.input(1);
    const double        scale = call.attributes.real("scale", 1);
    const bool          zero  = call.attributes.flag("beyond");
    const std::uint64_t width = table.shape.width();
    if (table.values.empty()) return;
    for (std::size_t i = 0; i < ids.values.size(); ++i) {
        const double* token   = row_of(table, index_at(ids, i), table.shape[0], width);
        double*       out     = call.output().values.data() + i * width;
        const bool    nothing = zero && index_at(ids, i) >= table.shape[0];
        for (std::uint64_t e = 0; e < width; ++e) out[e] = nothing ? 0 : scale * token[e];
        if (!call.has(2) || call.input(3).values.empty()) continue;

        const Array&        positions      = call.input(2);
        const Array&        position_table = call.input(3);
        const bool          per_id         = positions.values.size() >= ids.values.size();
        const std::uint64_t index          = index_at(positions, per_id ? i : i / ids.shape.width());
        const double*       position       = row_of(position_table, index, position_table.shape[0], width);
        for (std::uint64_t e = 0; e < width; ++e) out[e] += position[e];
    }
}

// x [.., W] -> [.., width], from `column` on
void columns(const Call& call) {
    const Array&        x     = call.input(0);
    const std::uint64_t first = call.count("column"), width = call.output().shape.width();
    for (std::uint64_t row = 0; row < x.shape.rows(); ++row)
        std::copy_n(x.values.data() + row * x.shape.width() + first, width, call.output().values.data() + row * width);
}

}  // namespace attune::oracle
