#include "search/sentence_search.h"

#include "search/bans.h"

#include <attune/error.hpp>

#include <utility>

namespace attune::search {

SentenceSearch::SentenceSearch(SearchOptions options) : options_(std::move(options)) {
    check(options_);
    state_ = initial_state(options_);
}

std::vector<std::uint32_t> SentenceSearch::tokens() const {
    std::vector<std::uint32_t> out;
    for (const Beam& beam : state_.rows) out.push_back(beam.tokens.empty() ? options_.start_token : beam.tokens.back());
    return out;
}

std::vector<std::uint32_t> SentenceSearch::parents() const {
    std::vector<std::uint32_t> out;
    for (const Beam& beam : state_.rows) out.push_back(beam.parent);
    return out;
}

std::vector<std::uint32_t> SentenceSearch::banned(std::uint32_t row) const {
    if (row >= state_.rows.size()) throw Error(Status::usage, "search", "there is no row " + std::to_string(row));
    if (forced_token(state_, options_)) return {};
    return banned_tokens(state_.rows[row].tokens, options_);
}

void SentenceSearch::step(std::span<const Candidate> candidates) { state_ = beam_step(state_, candidates, options_); }

}  // namespace attune::search
