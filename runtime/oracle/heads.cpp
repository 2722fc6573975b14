#include "oracle/heads.h"

#include "oracle/functions.h"

#include <algorithm>

namespace attune::oracle {
namespace {

// Between [B, S, H * D] and [B, H, S, D], either way.
void relayout(const Call& call, std::uint64_t heads) {
    const HeadsLayout from = heads_layout(call.input(0).shape, heads);
    const HeadsLayout to   = heads_layout(call.output().shape, heads);
    const double*     x    = call.input(0).values.data();
    double*           y    = call.output().values.data();
    for (std::uint64_t b = 0; b < from.batches; ++b)
        for (std::uint64_t h = 0; h < from.heads; ++h)
            for (std::uint64_t s = 0; s < from.rows; ++s)
                std::copy_n(x + from.at(b, h, s), from.size, y + to.at(b, h, s));
}

}  // namespace

HeadsLayout heads_layout(const Shape& shape, std::uint64_t heads) {
    if (shape.rank() == 4) {  // [B, H, S, D]
        const std::uint64_t rows = shape[2], size = shape[3];
        return {shape[0], shape[1], rows, size, shape[1] * rows * size, rows * size, size};
    }
    const std::uint64_t rows = shape[1], width = shape[2];  // [B, S, H * D]
    const std::uint64_t size = heads ? width / heads : 0;
    return {shape[0], heads, rows, size, rows * width, size, width};
}

// x [B, S, H * D] -> [B, H, S, D]
void split_heads(const Call& call) { relayout(call, call.count("heads")); }

// x [B, H, S, D] -> [B, S, H * D]
void merge_heads(const Call& call) { relayout(call, call.input(0).shape[1]); }

}  // namespace attune::oracle
