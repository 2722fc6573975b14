// The copy behind split_heads, merge_heads, columns and store: a block of four axes from one
// strided layout to another, cut along axis 0 where a binding sees too little.
#pragma once

#include "ops/lowering.h"

namespace attune {

// One side of the copy: rows of the operand per index of axis 0, elements from one index to the
// next along the other axes, and the first element of axis 0's index 0 within its row.
struct StridedSide {
    const LoweredOperand& operand;
    std::uint64_t         rows0 = 1;
    std::uint64_t         stride1 = 0;
    std::uint64_t         stride2 = 0;
};

struct Rearrangement {
    std::array<std::uint64_t, 4> extents;
    StridedSide                  from;
    StridedSide                  to;
};

Lowered lower_rearrangement(const Lowering& lowering, const Rearrangement& what);

}  // namespace attune
