// The search for one sentence: what the device has to run next, and what came out.
#pragma once

#include "search/beam_step.h"

namespace attune::search {

// A loop over steps, for one sentence or many side by side:
//
//     SentenceSearch search(options);
//     while (!search.finished()) {
//         // run the decoder on search.tokens(), its caches moved by search.parents(); in every row leave
//         // out search.banned(row) and return the best candidates_per_row(options)
//         search.step(candidates);
//     }
//     search.hypotheses();
class SentenceSearch {
public:
    // Throws usage for options that check() refuses.
    explicit SentenceSearch(SearchOptions options);

    // Rows of the batch that this sentence takes, in every step: beam_size.
    std::uint32_t rows() const noexcept { return options_.beam_size; }

    // The input of the next step: the newest token of each row; the start token at first.
    std::vector<std::uint32_t> tokens() const;

    // Which row of the last step each row continues; its own at first.
    std::vector<std::uint32_t> parents() const;

    // The tokens that a row must not continue with, ascending, each once. None if the next token is forced.
    std::vector<std::uint32_t> banned(std::uint32_t row) const;

    // Takes the candidates of all rows: see beam_step().
    void step(std::span<const Candidate> candidates);

    bool finished() const noexcept { return state_.stopped; }

    // See attune::search::hypotheses().
    std::vector<Hypothesis> hypotheses() const { return search::hypotheses(state_, options_); }

    const BeamState&     state() const noexcept { return state_; }
    const SearchOptions& options() const noexcept { return options_; }

private:
    SearchOptions options_;
    BeamState     state_;
};

}  // namespace attune::search
