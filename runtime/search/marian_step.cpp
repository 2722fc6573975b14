#include "search/continuation.h"

#include <algorithm>

namespace attune::search {
namespace {

float final_score(float sum, std::uint32_t length, const SearchOptions& options) {
    const float penalised = sum - static_cast<float>(options.word_penalty) * static_cast<float>(length);
    return penalised / length_divisor(length, options);
}

}  // namespace

BeamState marian_step(const BeamState& state, std::vector<Continuation> all, const SearchOptions& options) {
    BeamState next;
    next.length   = state.length + 1;
    next.finished = state.finished;

    sort_by_score(all);
    const std::size_t open = options.beam_size - state.finished.size();
    if (all.size() > open) all.resize(open);

    for (const Continuation& c : all) {
        std::vector<std::uint32_t> tokens = extended(state.rows[c.row], c.id);
        if (c.ended)
            next.finished.push_back(
                {.hypothesis = {std::move(tokens), final_score(c.score, next.length, options)}, .live = true});
        else
            next.rows.push_back({.tokens = std::move(tokens), .score = c.score, .parent = c.row});
    }
    std::stable_sort(next.finished.begin(), next.finished.end(),
                     [](const Finished& a, const Finished& b) { return a.hypothesis.score > b.hypothesis.score; });
    next.stopped = next.rows.empty();

    // Rows that are left over repeat the best at -infinity, which no later step continues.
    const Continuation& best = all.front();
    next.rows.resize(options.beam_size, {.tokens = extended(state.rows[best.row], best.id),
                                         .score  = -std::numeric_limits<float>::infinity(),
                                         .parent = best.row});
    return next;
}

}  // namespace attune::search
