// What both beam searches begin a step with: all possible next tokens of all rows.
#pragma once

#include "search/beam_step.h"

namespace attune::search {

// A possible next token of a row.
struct Continuation {
    std::uint32_t row   = 0;
    std::uint32_t id    = 0;
    float         score = 0;  // sum of log-probabilities
    bool          ended = false;
};

// All continuations of all rows, row by row in their own order. Banned and missing ones are left out.
std::vector<Continuation> all_continuations(const BeamState& state, std::span<const Candidate> candidates,
                                            const SearchOptions& options);

// length ^ length_penalty
float length_divisor(std::uint32_t length, const SearchOptions& options);

// Best first; equal ones keep their order.
void sort_by_score(std::vector<Continuation>& continuations);

std::vector<std::uint32_t> extended(const Beam& beam, std::uint32_t id);

// One step by the rules of Marian; see beam_step.h. `all` is not empty.
BeamState marian_step(const BeamState& state, std::vector<Continuation> all, const SearchOptions& options);

}  // namespace attune::search
