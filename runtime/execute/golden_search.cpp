#include "execute/golden_ops.h"

#include <attune/ops.hpp>

#include <algorithm>
#include <bit>
#include <limits>

namespace attune::golden {
namespace {

constexpr std::uint64_t slots = 2, end_tokens = 2, chosen_tokens = 9;

std::uint32_t bits_of(float number) { return std::bit_cast<std::uint32_t>(number); }

// Best first, of few values, so that sums are equal often; some rows end early.
void add_candidates(Made& made, std::uint64_t rows, std::uint64_t k) {
    Tensor ids({Type::u32, {rows, k}}), logs({Type::f32, {rows, k}});
    for (std::uint64_t row = 0; row < rows; ++row) {
        const auto scores = logs.as<float>().subspan(row * k, k);
        for (std::uint64_t c = 0; c < k; ++c) {
            ids.as<std::uint32_t>()[row * k + c] = number_below(20, row * k + c, chosen_tokens + 1);
            scores[c]                            = -0.25f * static_cast<float>(number_below(21, row * k + c, 12));
        }
        std::ranges::sort(scores, std::greater{});
        if (row % 7 != 3) continue;
        ids.as<std::uint32_t>()[row * k + k - 1] = 0xffffffffu;
        scores.back()                            = -std::numeric_limits<float>::infinity();
    }
    made.give("ids", std::move(ids));
    made.give("log_probabilities", std::move(logs));
}

// Sentences that have taken a few steps, have finished some hypotheses and may take `left` more; some have stopped.
void add_sentences(Made& made, std::uint64_t sentences, std::uint64_t beams, std::uint32_t left) {
    const std::uint64_t width = 6 + 2 * beams;
    Tensor              search({Type::u32, {1 + sentences, width}});
    const auto          words = search.as<std::uint32_t>();
    std::ranges::fill(words, 0u);
    for (std::uint32_t s = 0; s < sentences; ++s) {
        const auto          word = words.subspan((1 + s) * width, width);
        const std::uint32_t finished =
            s % 3 == 2 ? static_cast<std::uint32_t>(std::min<std::uint64_t>(beams - 1, s % 5)) : 0;
        word[0] = 4;
        word[1] = 4 + (s % 2 ? left : 9);
        word[2] = s % 2;
        word[3] = s % 5 == 4;
        word[4] = finished;
        word[5] = s % 4 == 1 ? bits_of(16) : 0;
        for (std::uint64_t beam = 0; beam < beams; ++beam)
            word[6 + beam] = bits_of(s % 6 == 5 && beam > 0 ? -1e9f : -1.0f - 0.5f * static_cast<float>(beam));
        for (std::uint64_t i = 0; i < finished; ++i)
            word[6 + beams + i] = bits_of(-0.25f - 0.25f * static_cast<float>(i));
        words[0] += !word[3];
    }
    made.give("search", std::move(search));
}

void add_numbers_below(Made& made, const char* name, const Shape& shape, std::uint32_t bound) {
    Tensor tensor({Type::u32, shape});
    for (std::uint64_t i = 0; i < shape.elements(); ++i) tensor.as<std::uint32_t>()[i] = number_below(22, i, bound);
    made.give(name, std::move(tensor));
}

}  // namespace

// What scores are divided by are powers of two, so that the quotients are exact everywhere.
Made beam_step(const Pattern& like, const Size& size) {
    const auto          beams = static_cast<std::uint64_t>(like.node.attributes.integer("beams"));
    const std::uint64_t rows = size.rows * beams, k = like.input(0).width();
    Made                made;
    Graph&              g = made.graph;
    add_candidates(made, rows, k);
    add_sentences(made, size.rows, beams, static_cast<std::uint32_t>(size.inner));
    add_numbers_below(made, "tokens", {rows, 1}, chosen_tokens);
    Tensor rules({Type::u32, {end_tokens + slots}});
    std::ranges::copy(std::array<std::uint32_t, 4>{5, 2, bits_of(4), bits_of(8)}, rules.as<std::uint32_t>().begin());
    made.give("rules", std::move(rules));

    const auto      state = [&](const char* name, const Shape& shape) { return g.state(name, {Type::u32, shape}); };
    const TopK      best{g.input("ids", {Type::u32, {rows, k}}), g.input("log_probabilities", {Type::f32, {rows, k}})};
    BeamStepOptions options{.beams          = beams,
                            .rules          = static_cast<BeamRules>(like.node.attributes.integer("marian")),
                            .early_stopping = like.node.attributes.flag("early_stopping")};
    if (like.has(3)) {
        add_numbers_below(made, "chosen", {size.rows, chosen_tokens}, 12);
        options.chosen = g.input("chosen", {Type::u32, {size.rows, chosen_tokens}});
    }
    const BeamStates after =
        attune::beam_step(g, best, g.input("rules", {Type::u32, {end_tokens + slots}}),
                          {state("tokens", {rows, 1}), state("parents", {rows}),
                           state("search", {1 + size.rows, 6 + 2 * beams}), state("history", {rows, slots, 2 * k + 2})},
                          options);
    g.output("next tokens", after.tokens);
    g.output("next parents", after.parents);
    g.output("searches", after.search);
    g.output("record", after.history);
    return made;
}

}  // namespace attune::golden
