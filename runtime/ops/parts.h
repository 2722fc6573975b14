// Ops over whole rows where a row is longer than a binding: what the parts of a row are like goes into a
// temporary, and the result follows from all of that, one piece of the row at a time.
#pragma once

#include "ops/box.h"

namespace attune {

// A dispatch's elements of one row.
struct RowPart {
    Box           box;                // axes: row, column
    std::uint64_t elements = 0;
    std::uint64_t length = 0;         // elements of a part: what one workgroup takes
    std::uint64_t parts = 0;          // of a row
    Binding       stats;              // two numbers for each part of some rows
    std::uint64_t stats_start = 0;    // of the first part of the dispatch where they are written, else of the row
};

struct RowsInParts {
    std::uint64_t            rows = 0;
    std::uint64_t            width = 0;
    std::span<const BoxSide> read;      // over (row, column): what the parts' numbers follow from
    std::span<const BoxSide> applied;   // likewise, and the result
};

// `measure` makes the dispatch that writes the numbers of some parts, `apply` the one that reads a row's.
using MakeDispatch = std::function<Dispatch(const RowPart&)>;
Lowered lower_in_parts(const Lowering& lowering, const RowsInParts& what, const MakeDispatch& measure, const MakeDispatch& apply);

// True if a workgroup can take a row: it fits one binding, and no lane of a CPU device walks further over it,
// in so many passes, than lavapipe lets it (shaders/README.md).
struct RowWalk {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
    std::uint32_t passes = 0;
    std::uint32_t lanes = 0;
};
bool fits_a_workgroup(const DeviceTraits& traits, const RowWalk& walk);

// How rows are shared out among workgroups, and by which kernel.
struct RowKernel {
    const Kernel*              kernel = nullptr;
    std::uint64_t              rows   = 1;   // of a workgroup
    Access                     result = Access::write;
    std::vector<std::uint32_t> constants = {};
};

// Kernels on CPU devices that hold a row in registers: so many lanes of a subgroup, each some pairs of quads of it, and some
// rows one after the other.
inline constexpr std::uint32_t register_lanes = 8;
bool fits_registers(const DeviceTraits& traits, Variant variant, std::uint64_t width);

// How eight lanes hold a row of such a width: quads of each, an even number; `full` if they hold nothing beyond the row's end.
struct HeldRow {
    std::uint32_t quads = 0;
    bool          full  = false;
};
HeldRow held_row(std::uint64_t width);

// `row` with what such kernels want for all of them: rows of a workgroup, whose lanes are `lanes`, and their last constants,
// QUADS, ROWS and FULL.
RowKernel held_in_registers(RowKernel row, const TensorDesc& x, std::uint32_t lanes, const Tuning& tuning);

// An operand that has rows as the op has them.
BoxSide row_side(const LoweredOperand& operand, Access access);

}  // namespace attune
