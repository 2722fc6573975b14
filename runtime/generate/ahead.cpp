#include "generate/ahead.h"

#include "ops/beam_step.h"
#include "search/continuation.h"

#include <attune/error.hpp>

#include <algorithm>
#include <bit>

namespace attune::ahead {
namespace {

constexpr std::uint64_t most_words = 16384;  // of a sentence's history: what the smallest devices bind

}  // namespace

std::optional<marian::StepsAhead> shape_of(const search::SearchOptions& options, std::uint32_t slots) {
    const bool by_history = options.no_repeat_ngram > 0 ||
                            std::ranges::any_of(options.bad_words, [](const auto& word) { return word.size() > 1; });
    const std::uint64_t candidates = search::candidates_per_row(options);
    if (slots < 2 || by_history || options.beam_size > ops::most_search_beams ||
        candidates > ops::most_search_candidates || options.beam_size * slots * (2 * candidates + 2) > most_words)
        return std::nullopt;
    return marian::StepsAhead{.slots      = slots,
                              .end_tokens = options.end_tokens.size(),
                              .rules =
                                  options.rules == search::Rules::marian ? BeamRules::marian : BeamRules::transformers,
                              .early_stopping = options.early_stopping == search::EarlyStopping::yes};
}

Room room(const search::SentenceSearch& search) {
    const search::SearchOptions& options = search.options();
    const std::uint32_t          length  = search.state().length;
    if (length + 1 < options.min_length || search::forced_token(search.state(), options)) return {};
    const std::uint64_t useful = options.max_length - length;
    return {.most = options.forced_last ? useful - 1 : UINT64_MAX, .useful = useful};
}

std::vector<std::uint32_t> rules(const search::SearchOptions& options, std::uint32_t length, std::uint64_t slots) {
    std::vector<std::uint32_t> words = options.end_tokens;
    for (std::uint32_t slot = 0; slot < slots; ++slot)
        words.push_back(std::bit_cast<std::uint32_t>(search::length_divisor(length + slot + 1, options)));
    return words;
}

SearchTable::SearchTable(std::uint64_t sentences, std::uint64_t beams)
    : width_(search_header + 2 * beams), words_((1 + sentences) * width_, 0) {
    for (std::uint64_t s = 0; s < sentences; ++s) words_[(1 + s) * width_ + search_stopped] = 1;
}

void SearchTable::set(std::size_t sentence, const search::SentenceSearch& search) {
    const search::SearchOptions& options = search.options();
    const search::BeamState&     state   = search.state();
    const auto                   words   = std::span(words_).subspan((1 + sentence) * width_, width_);
    const auto                   bits    = [](float number) { return std::bit_cast<std::uint32_t>(number); };
    const bool hopeful       = options.early_stopping == search::EarlyStopping::never && options.length_penalty > 0;
    words[search_length]     = state.length;
    words[search_max_length] = options.max_length;
    words[search_stopped]    = 0;
    words[search_finished]   = static_cast<std::uint32_t>(state.finished.size());
    words[search_hopeful]    = hopeful ? bits(search::length_divisor(options.max_length, options)) : 0;
    for (std::size_t row = 0; row < state.rows.size(); ++row) words[search_header + row] = bits(state.rows[row].score);
    for (std::size_t i = 0; i < state.finished.size(); ++i)
        words[search_header + state.rows.size() + i] = bits(state.finished[i].hypothesis.score);
    ++words_[0];
}

std::uint32_t steps_of(std::span<const std::uint32_t> table, std::uint64_t width) {
    return table[width + search_steps];
}

search::Candidate History::candidate(std::uint64_t slot, std::uint64_t row, std::uint64_t place) const {
    const auto words = record(slot, row);
    return {.id = words[place], .log_probability = std::bit_cast<float>(words[candidates_ + place])};
}

void check_choice(const History& history, std::uint64_t slot, std::uint64_t first_row,
                  const search::SentenceSearch& search) {
    const search::BeamState& state = search.state();
    for (std::size_t row = 0; row < state.rows.size(); ++row) {
        if (history.token(slot, first_row + row) == state.rows[row].tokens.back() &&
            history.parent(slot, first_row + row) == first_row + state.rows[row].parent)
            continue;
        throw Error(Status::device_failed, "search",
                    "the device went on with another token than its candidates say, in step " +
                        std::to_string(state.length),
                    "set TranslatorOptions::steps_per_wait to 1");
    }
}

}  // namespace attune::ahead
