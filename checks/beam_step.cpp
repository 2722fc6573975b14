// Steps of beam search: sentences in all states that a search can be in, with scores of few values, so that many are equal.
#include "checks/case.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace attune::test {
namespace {

struct Search {
    std::uint64_t sentences, beams, candidates;
    BeamRules     rules = BeamRules::transformers;
    bool          early_stopping = false, shortlist = false;
};

constexpr std::uint64_t slots = 3, end_tokens = 2;
constexpr std::uint32_t vocabulary = 13;

std::uint32_t bits_of(float number) { return std::bit_cast<std::uint32_t>(number); }

// A row's: best first. Some are missing at the end, of some rows all.
TopK add_candidates(Case& c, const Search& s, Random& random) {
    const std::uint64_t rows = s.sentences * s.beams;
    Tensor              ids = random_ids({rows, s.candidates}, random, vocabulary), logs({Type::f32, {rows, s.candidates}});
    for (std::uint64_t row = 0; row < rows; ++row) {
        const auto scores = logs.as<float>().subspan(row * s.candidates, s.candidates);
        for (float& score : scores) score = -0.5f * static_cast<float>(random.below(9));
        std::ranges::sort(scores, std::greater{});
        const std::uint32_t kind = random.below(8);
        for (std::uint64_t i = kind == 0 ? 0 : kind == 1 ? s.candidates / 2 : s.candidates; i < s.candidates; ++i) {
            ids.as<std::uint32_t>()[row * s.candidates + i] = 0xffffffffu;
            scores[i]                                      = -std::numeric_limits<float>::infinity();
        }
    }
    const Value places = c.input("ids", std::move(ids));
    return {places, c.input("log_probabilities", std::move(logs))};
}

// Quotients by powers of two are the same on every device.
Tensor rules() {
    Tensor tensor({Type::u32, {end_tokens + slots}});
    std::ranges::copy(std::array<std::uint32_t, 5>{0, 7, bits_of(2), bits_of(4), bits_of(8)}, tensor.as<std::uint32_t>().begin());
    return tensor;
}

void fill_sentence(std::span<std::uint32_t> word, const Search& s, Random& random) {
    const bool  marian = s.rules == BeamRules::marian, stopped = random.below(6) == 0;
    const float out = marian ? -std::numeric_limits<float>::infinity() : -1e9f;   // what a row without a sentence has
    std::uint32_t finished = s.beams > 1 ? random.below(static_cast<std::uint32_t>(s.beams) + (marian && !stopped ? 0 : 1)) : 0;
    word[0]              = random.below(20);
    word[1]              = word[0] + 1 + random.below(3);
    word[2]              = random.below(slots + 1);   // beyond the last slot nothing is recorded
    word[3]              = stopped;
    word[4]              = finished;
    word[5]              = random.below(2) ? bits_of(32) : 0;
    const std::uint32_t nothing = random.below(10) == 0 ? 0 : 1 + random.below(static_cast<std::uint32_t>(s.beams));
    for (std::uint64_t row = 0; row < s.beams; ++row)
        word[6 + row] = bits_of(row < nothing ? -0.5f * static_cast<float>(2 + row + random.below(2)) : out);
    for (std::uint64_t i = 0; i < finished; ++i) word[6 + s.beams + i] = bits_of(-0.25f * static_cast<float>(1 + i / 2));
}

Case step_of(const Search& s, Random& random) {
    Case                c;
    const std::uint64_t rows = s.sentences * s.beams, width = 6 + 2 * s.beams;
    Tensor              search({Type::u32, {1 + s.sentences, width}}), history({Type::u32, {rows, slots, 2 * s.candidates + 2}});
    const auto          words = search.as<std::uint32_t>();
    std::ranges::fill(words, 0u);
    std::ranges::fill(history.as<std::uint32_t>(), 77u);
    for (std::uint64_t i = 0; i < s.sentences; ++i) {
        fill_sentence(words.subspan((1 + i) * width, width), s, random);
        words[0] += words[(1 + i) * width + 3] == 0;
    }
    const TopK      best = add_candidates(c, s, random);
    BeamStepOptions options{.beams = s.beams, .rules = s.rules, .early_stopping = s.early_stopping};
    if (s.shortlist) {
        Tensor lists = random_ids({s.sentences, vocabulary - 2}, random, 40);   // two places are beyond it
        lists.as<std::uint32_t>().back() = 0xffffffffu;
        options.chosen = c.control("chosen", std::move(lists));
    }
    const Value      divisors = c.control("rules", rules()), tokens = c.state("tokens", random_ids({rows, 1}, random, vocabulary));
    const BeamStates states{tokens, c.state("parents", random_ids({rows}, random, 9)), c.state("search", std::move(search)), c.state("history", std::move(history))};
    beam_step(c.graph, best, divisors, states, options);
    return c;
}

}  // namespace

void beam_step_rows(Rows& rows) {
    constexpr auto marian = BeamRules::marian;
    for (const Search& s : {Search{1, 1, 1}, {70, 1, 1}, {5, 1, 3}, {9, 2, 4}, {33, 4, 12}, {64, 4, 8}, {3, 5, 10}, {11, 16, 32}, {2, 16, 64}, {1, 7, 14}})
        for (const BeamRules by : {BeamRules::transformers, marian})
            for (const bool early : {false, true})
                for (const bool shortlist : {false, true}) {
                    if (early && by == marian) continue;
                    const Search one{s.sentences, s.beams, s.candidates, by, early, shortlist};
                    rows.add("beam_step " + std::to_string(s.sentences) + "x" + std::to_string(s.beams) + " of " + std::to_string(s.candidates) +
                                 (by == marian ? " marian" : early ? " early" : "") + (shortlist ? " of a shortlist" : ""),
                             [=](Random& random) { return step_of(one, random); });
                }
}

}  // namespace attune::test
