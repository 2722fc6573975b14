// Rewrites a graph into one that means the same and costs less. Pure: no device, no numbers.
// The oracle runs a graph before and after, and both must agree.
//
//   activation     activate(linear(x))            -> linear with that activation
//   residual       layer_norm(linear(x), r), add  -> linear with a residual, then layer_norm alone
//   norm           layer_norm(linear with residual) -> linear with that norm
//   head layouts   split_heads, merge_heads       -> strides of attention and kv_append
//   projections    linears of the same input      -> one linear over concatenated weights, its columns read in place
//   append         kv_append of some of these columns -> linear_append, which writes the caches
//   precision      f16                            -> matrices, caches and activations between ops in f16; the
//                                                    residual stream, norms, biases and logits stay f32
//                  int8                           -> matrices in i8
//   cache          f16 or f32                     -> states that can be f16 are so, or are not, whatever the precision
//   dead nodes     results that nobody reads      -> gone
#pragma once

#include <attune/graph.hpp>
#include <attune/run_options.hpp>

namespace attune {

Graph rewrite(const Graph& graph, const RunOptions& options);

}  // namespace attune
