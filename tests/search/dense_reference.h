// The beam searches of transformers and of Marian written again with dense arrays [beams x vocabulary], to compare
// against. Shares no code with runtime/search but the plain option and result structs.
#pragma once

#include "search/options.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace attune::test {

// Logits of the next token after a sequence that begins with the start token; [vocabulary].
using Logits = std::function<std::vector<float>(const std::vector<std::uint32_t>&)>;

std::vector<float> log_softmax(const std::vector<float>& logits);

struct DenseResult {
    std::vector<std::uint32_t> tokens;   // start token left out
    float                      score;
};

// Only results that did not grow from one of the placeholder beams.
std::vector<DenseResult> dense_beam_search(const Logits& logits, const search::SearchOptions& options);
std::vector<DenseResult> dense_greedy_search(const Logits& logits, const search::SearchOptions& options);
std::vector<DenseResult> dense_marian_search(const Logits& logits, const search::SearchOptions& options);

}   // namespace attune::test
