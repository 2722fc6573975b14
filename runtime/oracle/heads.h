// The two layouts of heads behind one address: heads [B, H, S, D] and rows [B, S, H * D].
#pragma once

#include <attune/tensor.hpp>

namespace attune::oracle {

struct HeadsLayout {
    std::uint64_t batches = 0, heads = 0, rows = 0, size = 0;   // B, H, S, D
    std::uint64_t batch_stride = 0, head_stride = 0, row_stride = 0;

    // Where the D numbers of one head of one row begin.
    std::uint64_t at(std::uint64_t batch, std::uint64_t head, std::uint64_t row) const {
        return batch * batch_stride + head * head_stride + row * row_stride;
    }
};

// `heads` says how many there are where the shape does not: in [B, S, H * D].
HeadsLayout heads_layout(const Shape& shape, std::uint64_t heads);

}  // namespace attune::oracle
