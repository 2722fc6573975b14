// How graphs are run, wherever they run.
#pragma once

#include <attune/trace.hpp>

#include <cstdint>

namespace attune {

// How matrices, caches and activations between ops are stored. Sums, softmax and the residual stream are f32.
enum class Precision : std::uint8_t { f32, f16 };

struct RunOptions {
    Precision precision = Precision::f32;
    bool      fuse = true;   // rewrite graphs (see runtime/plan/rewrite.h); off shows every op as it is written
    Trace     trace = {};    // of the device, weights and programs
};

}  // namespace attune
