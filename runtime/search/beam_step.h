// Beam search over the candidates of a device, one step at a time, as a pure function.
//
// The rules are those of Hugging Face transformers 5 (`_beam_search`), so that folders made for it give the
// same tokens. With B = beam_size, K = candidates_per_row, n = length after the step, L = divisor length:
//
//     all       = row score + candidate log-probability, of every row's candidates
//     cand      = best K of all
//     ended     = the token is an end token, or n = max_length
//     finished  = best B of finished + { ended of rank < B, with score / n^penalty > -1e9 }
//     running   = best B of cand, ended ones lowered by 1e9
//     open      = open and (finished not full, or running[0] / L^penalty > worst finished)
//     stop when: not open; early_stopping yes and finished full; all of cand ended; nothing running is live
//
// L = n, or max_length for early_stopping never and a positive penalty. An ended candidate of rank >= B is
// lost. Rows start with scores 0, -1e9, -1e9 ...: all but the first are placeholders until the first step.
// A row whose score lies below live_score is such a placeholder, or continues an ended one where live
// continuations ran out; it takes part like any other, as there, but is never a hypothesis.
//
// Arithmetic is float32, in this order and no other: row score + log-probability; for the finished,
// that sum / float(pow(double(n), penalty)); for the running, that sum + -1e9 if ended. Order of equal
// scores: in `cand` lower row, then the row's own order (higher log-probability, then lower id); in
// `finished` what was there first; in `running` the order of `cand`. Any implementation that keeps to this is
// bit-equal.
//
// Greedy (B = 1): the one candidate; score = (((p1 + p2) + p3) ...) / float(pow(n, penalty)).
//
// With Rules::marian those of Marian (marian-nmt/marian-dev, src/translator/beam_search.cpp and history.h), where
// a sentence that ends makes the beam narrower, and nothing that ended is lost:
//
//     cand      = best B - |finished| of all
//     ended     = the token is an end token, or n = max_length
//     finished  = finished + { ended, with score (sum - word_penalty * n) / n^penalty }, best first
//     running   = cand that did not end
//     stop when running is empty
#pragma once

#include "search/options.h"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace attune::search {

// One of the device's best tokens for a row: log_softmax of the logits, normalised over all tokens, with
// banned ones left out of the choice. Within a row best first, equal ones by id; where a row has fewer than
// K tokens that are not banned, the rest are no_candidate.
struct Candidate {
    std::uint32_t id;
    float         log_probability;
};
constexpr std::uint32_t no_token = 0xFFFFFFFF;
constexpr Candidate     no_candidate{no_token, -std::numeric_limits<float>::infinity()};

constexpr float live_score = -5e8f;

struct Hypothesis {
    std::vector<std::uint32_t> tokens;  // without the start token; the end token included, if there is one
    float                      score = 0;

    bool operator==(const Hypothesis&) const = default;
};

// A row: what the device continues in one slot of the batch.
struct Beam {
    std::vector<std::uint32_t> tokens;  // so far, without the start token
    float                      score  = 0;
    std::uint32_t              parent = 0;  // the row of the step before that this one continues
};

struct Finished {
    Hypothesis hypothesis;
    bool       live = false;  // false: grown from a placeholder, takes a place but is no result
};

struct BeamState {
    std::uint32_t         length = 0;  // tokens of every row
    std::vector<Beam>     rows;        // beam_size of them, best first
    std::vector<Finished> finished;    // at most beam_size, best first
    bool                  stopped = false;
};

// beam_size rows that have only the start token. `options` has to have passed check().
BeamState initial_state(const SearchOptions& options);

// The token that the options force in the next step, whatever the device says; nothing if none.
std::optional<std::uint32_t> forced_token(const BeamState& state, const SearchOptions& options);

// The state after one more token. `candidates` holds candidates_per_row entries for row 0, then row 1 ...;
// with a forced token they are not looked at and may be none: each row continues with it at log-probability 0.
// Throws usage if the state has stopped or the count is wrong, device_failed for a NaN or +infinity.
BeamState beam_step(const BeamState& state, std::span<const Candidate> candidates, const SearchOptions& options);

// The best num_hypotheses, best first. Before the search stops: what is finished so far. If it stopped
// because everything was banned and nothing is finished: the best row as it stands.
std::vector<Hypothesis> hypotheses(const BeamState& state, const SearchOptions& options);

}  // namespace attune::search
