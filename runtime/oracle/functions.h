// The ops of the oracle, one function each. include/attune/ops.hpp says what they compute,
// runtime/ops in which order their operands come.
#pragma once

#include "oracle/call.h"

namespace attune::oracle {

void linear(const Call& call);
void linear_append(const Call& call);
void linear_chosen(const Call& call);
void add(const Call& call);
void activate(const Call& call);
void layer_norm(const Call& call);
void softmax(const Call& call);
void split_heads(const Call& call);
void merge_heads(const Call& call);
void attention(const Call& call);
void attention_scores(const Call& call);
void attention_values(const Call& call);
void keep_rows(const Call& call);
void kv_append(const Call& call);
void store(const Call& call);
void embedding(const Call& call);
void top_k(const Call& call);
void reorder_ancestors(const Call& call);
void beam_step(const Call& call);
void ssru(const Call& call);
void advance(const Call& call);
void columns(const Call& call);

// row -> (row - mean) / sqrt(variance + epsilon) * gain + bias
void normalise(std::span<double> row, const Array& gain, const Array& bias, double epsilon);

}  // namespace attune::oracle
