// Numbers that choose how soon a result is there, and no bit of it: whatever orders a sum follows from the device, the
// shapes and the kind of step, and is none of these. A lowering takes what a kernel and a device allow of them.
#pragma once

#include <cstdint>

namespace attune {

// For a device of which nothing is known. `table.h` has those of each kind.
struct Tuning {
    std::uint32_t product_sharing = 8;   // lanes that hand each other what linear loads: 8, 4, or 1 for none
    std::uint32_t product_rows    = 16;  // most rows that a lane of linear makes: 16, 8, 4 or 1
    std::uint32_t sliced_rows     = 8;   // linear in slices up to so many rows, in tiles beyond: 8 or 4
    std::uint32_t low_tile_rows   = 32;  // of these, tiles of 16 rows up to so many, of 64 beyond
    std::uint32_t single_tiles    = 2;   // attention's lanes hold one row of a query each while that makes no more tiles
    std::uint32_t decode_groups   = 1024; // workgroups from which on each takes several slices of attention's keys
    std::uint32_t rows_in_turn    = 16;  // most rows that lanes of layer_norm and softmax do one after the other
    std::uint32_t many_rows       = 64;  // that there have to be for several, and for each of more than four
    std::uint32_t point_lanes     = 64;  // of a workgroup of ops that make every element by itself
    std::uint32_t texel_loads     = 0;   // 1: kernels that have a twin for it read buffers as texels
    std::uint32_t point_run       = 4;   // most neighbours that a lane of these makes, where rows allow: 16, 8, 4 or 2

    friend bool operator==(const Tuning&, const Tuning&) = default;
};

}  // namespace attune
