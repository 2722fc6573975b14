#include "search/continuation.h"

#include <algorithm>
#include <cmath>

namespace attune::search {

float length_divisor(std::uint32_t length, const SearchOptions& options) {
    return static_cast<float>(std::pow(static_cast<double>(length), options.length_penalty));
}

std::vector<Continuation> all_continuations(const BeamState& state, std::span<const Candidate> candidates,
                                            const SearchOptions& options) {
    const auto        forced   = forced_token(state, options);
    const std::size_t per_row  = candidates_per_row(options);
    const bool        at_limit = state.length + 1 == options.max_length;
    const auto        ends     = [&](std::uint32_t id) {
        return at_limit ||
               std::find(options.end_tokens.begin(), options.end_tokens.end(), id) != options.end_tokens.end();
    };

    // Where Marian has one row at first, the others hold no sentence.
    const float nothing = options.rules == Rules::marian ? live_score : -std::numeric_limits<float>::infinity();

    std::vector<Continuation> all;
    all.reserve(candidates.size());
    for (std::uint32_t row = 0; row < state.rows.size(); ++row) {
        const float score = state.rows[row].score;
        if (!(score > nothing)) continue;
        if (forced) {
            all.push_back({row, *forced, score + 0.0f, ends(*forced)});
            continue;
        }
        for (const Candidate& c : candidates.subspan(row * per_row, per_row)) {
            if (c.id == no_token) continue;
            const float sum = score + c.log_probability;
            if (sum > -std::numeric_limits<float>::infinity()) all.push_back({row, c.id, sum, ends(c.id)});
        }
    }
    return all;
}

std::vector<std::uint32_t> extended(const Beam& beam, std::uint32_t id) {
    std::vector<std::uint32_t> tokens;
    tokens.reserve(beam.tokens.size() + 1);
    tokens = beam.tokens;
    tokens.push_back(id);
    return tokens;
}

void sort_by_score(std::vector<Continuation>& continuations) {
    std::stable_sort(continuations.begin(), continuations.end(),
                     [](const Continuation& a, const Continuation& b) { return a.score > b.score; });
}

}  // namespace attune::search
