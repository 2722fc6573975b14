#include "search/continuation.h"

#include <attune/error.hpp>

#include <algorithm>
#include <string>

namespace attune::search {
namespace {

constexpr float lowered = -1e9f;
void check_candidates(const BeamState& state, std::span<const Candidate> candidates, const SearchOptions& options) {
    const std::size_t expected = state.rows.size() * candidates_per_row(options);
    if (candidates.size() != expected)
        throw Error(Status::usage, "beam step",
                    "got " + std::to_string(candidates.size()) + " candidates instead of " + std::to_string(expected));
    for (const Candidate& c : candidates)
        if (!(c.log_probability < std::numeric_limits<float>::infinity()))
            throw Error(Status::device_failed, "beam step", "the device returned a score that is no finite number");
}

// Finished places start with the score -1e9, which an ended continuation has to beat.
void add_finished(BeamState& next, const BeamState& state, const std::vector<Continuation>& cand,
                  const SearchOptions& options) {
    const float divisor = length_divisor(next.length, options);
    for (std::size_t rank = 0; rank < std::min<std::size_t>(cand.size(), options.beam_size); ++rank) {
        const Continuation& c     = cand[rank];
        const float         score = c.score / divisor;
        if (!c.ended || !(score > lowered)) continue;
        next.finished.push_back(
            {.hypothesis = {extended(state.rows[c.row], c.id), score}, .live = c.score > live_score});
    }
    std::stable_sort(next.finished.begin(), next.finished.end(),
                     [](const Finished& a, const Finished& b) { return a.hypothesis.score > b.hypothesis.score; });
    if (next.finished.size() > options.beam_size) next.finished.resize(options.beam_size);
}

// beam_size rows; where there are too few continuations the rest repeat row 0 at -infinity, which no
// later step can continue.
void choose_running(BeamState& next, const BeamState& state, const std::vector<Continuation>& cand,
                    const SearchOptions& options) {
    std::vector<Continuation> running = cand;
    for (Continuation& c : running)
        if (c.ended) c.score += lowered;
    sort_by_score(running);
    Continuation filler = running.front();
    filler.score        = -std::numeric_limits<float>::infinity();
    running.resize(options.beam_size, filler);

    next.rows.clear();
    for (const Continuation& c : running)
        next.rows.push_back({.tokens = extended(state.rows[c.row], c.id), .score = c.score, .parent = c.row});
}

bool may_improve(const BeamState& next, const SearchOptions& options) {
    const bool  full    = next.finished.size() == options.beam_size;
    const bool  hopeful = options.early_stopping == EarlyStopping::never && options.length_penalty > 0;
    const float best    = next.rows.front().score / length_divisor(hopeful ? options.max_length : next.length, options);
    return best > (full ? next.finished.back().hypothesis.score : lowered);
}

BeamState greedy_step(const BeamState& state, const std::vector<Continuation>& all, const SearchOptions& options) {
    BeamState next;
    next.length = state.length + 1;
    next.rows.push_back({.tokens = extended(state.rows[0], all[0].id), .score = all[0].score, .parent = 0});
    next.stopped = all[0].ended;
    if (next.stopped)
        next.finished.push_back(
            {.hypothesis = {next.rows[0].tokens, all[0].score / length_divisor(next.length, options)}, .live = true});
    return next;
}

}  // namespace

BeamState initial_state(const SearchOptions& options) {
    BeamState state;
    for (std::uint32_t row = 0; row < options.beam_size; ++row)
        state.rows.push_back({.tokens = {}, .score = row == 0 ? 0.0f : lowered, .parent = row});
    return state;
}

std::optional<std::uint32_t> forced_token(const BeamState& state, const SearchOptions& options) {
    if (options.forced_last && state.length + 1 == options.max_length) return options.forced_last;
    if (options.forced_first && state.length == 0) return options.forced_first;
    return std::nullopt;
}

BeamState beam_step(const BeamState& state, std::span<const Candidate> candidates, const SearchOptions& options) {
    if (state.stopped) throw Error(Status::usage, "beam step", "the search has already stopped");
    if (!forced_token(state, options)) check_candidates(state, candidates, options);
    std::vector<Continuation> cand = all_continuations(state, candidates, options);
    if (cand.empty()) {  // everything is banned: the rows stay as they are
        BeamState next = state;
        next.stopped   = true;
        return next;
    }
    if (options.rules == Rules::marian) return marian_step(state, std::move(cand), options);
    if (options.beam_size == 1) return greedy_step(state, cand, options);

    sort_by_score(cand);
    if (cand.size() > candidates_per_row(options)) cand.resize(candidates_per_row(options));

    BeamState next;
    next.length   = state.length + 1;
    next.finished = state.finished;
    add_finished(next, state, cand, options);
    choose_running(next, state, cand, options);

    const bool full      = next.finished.size() == options.beam_size;
    const bool all_ended = std::all_of(cand.begin(), cand.end(), [](const Continuation& c) { return c.ended; });
    const bool any_live =
        std::any_of(next.rows.begin(), next.rows.end(), [](const Beam& row) { return row.score > live_score; });
    next.stopped =
        !may_improve(next, options) || (full && options.early_stopping == EarlyStopping::yes) || all_ended || !any_live;
    return next;
}

std::vector<Hypothesis> hypotheses(const BeamState& state, const SearchOptions& options) {
    std::vector<Hypothesis> out;
    for (const Finished& f : state.finished)
        if (f.live && out.size() < options.num_hypotheses) out.push_back(f.hypothesis);
    if (out.empty() && state.stopped && state.length > 0)
        out.push_back({state.rows[0].tokens, state.rows[0].score / length_divisor(state.length, options)});
    if (out.empty() && state.stopped) out.push_back({});
    return out;
}

}  // namespace attune::search
