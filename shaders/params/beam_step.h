// Parameters of beam_step, and how a sentence's search lies in memory; see include/attune/ops.hpp.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct BeamStepParams {
    uint first;             // sentence of this dispatch
    uint sentences;         // of this dispatch
    uint beams;
    uint candidates;        // of a row: k
    uint slots;             // steps that the history holds
    uint end_tokens;        // how many `rules` begins with; divisors follow
    uint chosen;            // places of a sentence; 0: candidates are tokens
    uint marian;            // 1: Marian's rules
    uint early_stopping;    // 1: a sentence stops once all of its hypotheses are finished
    uint ids_start;         // elements to skip in each binding
    uint log_start;
    uint chosen_start;
    uint tokens_start;
    uint parents_start;
    uint history_start;
};

// Words of a sentence. Scores of its rows follow, then those of what is finished, best first.
const uint search_length     = 0;    // tokens of every row
const uint search_max_length = 1;
const uint search_steps      = 2;    // taken since the history began
const uint search_stopped    = 3;    // 0 or 1
const uint search_finished   = 4;    // hypotheses that are
const uint search_hopeful    = 5;    // f32: by what the best row is divided to judge it; 0: as all of its length
const uint search_header     = 6;

#ifdef __cplusplus
}
#endif
