// A small graph with everything that a session has: inputs, weights, caches, a position that the device
// advances, an output.
#pragma once

#include <attune/graph.hpp>
#include <attune/weights.hpp>

namespace attune::test {

inline constexpr std::uint64_t layer_batch = 3, layer_width = 64, layer_capacity = 16;

// One step of a decoder layer: input x [batch, 1, width] -> output y; states keys, values, position.
Graph     decoder_layer_step(std::uint64_t capacity = layer_capacity);
WeightMap decoder_layer_weights();
// x of a step, random numbers.
Tensor decoder_layer_token(int step);

}  // namespace attune::test
