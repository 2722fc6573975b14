// How graphs are run, wherever they run.
#pragma once

#include <attune/tensor.hpp>
#include <attune/trace.hpp>

#include <cstdint>
#include <optional>

namespace attune {

// How matrices, caches and activations between ops are stored. Sums, softmax and the residual stream are f32. Weights
// that a graph declares as i8 stay so.
enum class Precision : std::uint8_t {
    f32,
    f16,
    int8,   // matrices that are multiplied with or gathered from, 8 bits and a scale for 32 columns of a row; all else f32
};

struct RunOptions {
    Precision precision = Precision::f32;
    // Of caches of keys and values, f32 or f16, where it is not to follow from `precision`.
    std::optional<Type> cache = {};
    bool      fuse = true;   // rewrite graphs (see runtime/plan/rewrite.h); off shows every op as it is written
    Trace     trace = {};    // of the device, weights and programs
};

}  // namespace attune
