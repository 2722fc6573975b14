// The shipped model against the reference outputs of transformers 5 (tests/data/README.md).
#include "base/json.h"
#include "support/test_devices.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>

using namespace attune;

namespace {

const std::filesystem::path model_folder = ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es";

struct Goldens {
    std::vector<Json>        lines;
    std::vector<std::string> sources;  // with the language in front
};

// Every row_share()-th line.
Goldens read_goldens(std::size_t share) {
    Goldens    goldens;
    const Json all = read_json(ATTUNE_SOURCE_DIR "/tests/data/goldens.json");
    for (std::size_t i = 0; i < all.size(); i += share) {
        goldens.lines.push_back(all[i]);
        goldens.sources.push_back(">>" + all[i]["to"].get<std::string>() + "<< " + all[i]["source"].get<std::string>());
    }
    return goldens;
}

Translator device_translator(Precision precision = Precision::f32) {
    return Translator(test::main_device(), model_folder, {.precision = precision});
}

// Greedy text on all lines whose best and second logit are never closer than 0.001: 99.9 % of them.
void check_greedy(Translator& translator, const Goldens& goldens) {
    const auto  results = translator.translate(goldens.sources, {.beam_size = 1});
    std::size_t clear = 0, equal = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (goldens.lines[i]["greedy_margin"].get<double>() <= 0.001) continue;
        ++clear;
        const bool same = results[i].text == goldens.lines[i]["greedy"].get<std::string>();
        equal += same;
        if (!same) MESSAGE(goldens.sources[i], " -> ", results[i].text);
    }
    REQUIRE(clear > 0);
    std::printf("greedy: %zu of %zu lines equal\n", equal, clear);
    CHECK(static_cast<double>(equal) >= 0.999 * static_cast<double>(clear));
}

// Best hypothesis of beam 4: text on 99 %; where it is equal, its score to four digits.
void check_beams(Translator& translator, const Goldens& goldens) {
    const auto  results = translator.translate(goldens.sources, {.beam_size = 4, .num_hypotheses = 4});
    std::size_t equal   = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const Json& best = goldens.lines[i]["beam4"][0];
        if (results[i].text != best["text"].get<std::string>()) {
            MESSAGE(goldens.sources[i], " -> ", results[i].text);
            continue;
        }
        ++equal;
        CHECK(std::abs(results[i].hypotheses[0].score - best["score"].get<double>()) < 1e-3);
    }
    std::printf("beam 4: %zu of %zu lines equal\n", equal, results.size());
    CHECK(static_cast<double>(equal) >= 0.99 * static_cast<double>(results.size()));
}

void check_same(const Translation& a, const Translation& b) {
    REQUIRE(a.hypotheses.size() == b.hypotheses.size());
    CHECK(a.text == b.text);
    for (std::size_t h = 0; h < a.hypotheses.size(); ++h) {
        CHECK(a.hypotheses[h].tokens == b.hypotheses[h].tokens);
        CHECK(a.hypotheses[h].score == b.hypotheses[h].score);  // bit for bit
    }
}

}  // namespace

TEST_CASE("greedy and beam search give the reference translations on the device") {
    const Goldens goldens    = read_goldens(test::row_share());
    Translator    translator = device_translator();
    check_greedy(translator, goldens);
    check_beams(translator, goldens);
}

TEST_CASE("the oracle gives the reference translations") {
    const Goldens goldens    = read_goldens(test::row_share() * 2);
    Translator    translator = Translator::on_oracle(model_folder);
    check_greedy(translator, goldens);
    if (test::row_share() == 1) check_beams(translator, read_goldens(8));
}

TEST_CASE("a line's translation does not depend on its neighbours") {
    Goldens goldens = read_goldens(test::row_share());
    goldens.sources.resize(std::min<std::size_t>(goldens.sources.size(), 64));
    Translator translator = device_translator();
    for (const std::uint32_t beams : {1u, 3u}) {
        const TranslateOptions   options{.beam_size = beams, .num_hypotheses = beams};
        const auto               together = translator.translate(goldens.sources, options);
        std::vector<std::string> reversed(goldens.sources.rbegin(), goldens.sources.rend());
        const auto               backwards = translator.translate(reversed, options);
        for (std::size_t i = 0; i < together.size(); ++i) check_same(together[i], backwards[together.size() - 1 - i]);
        for (std::size_t i = 0; i < together.size(); i += 5)
            check_same(together[i], translator.translate(goldens.sources[i], options));
    }
}

TEST_CASE("f16 changes at most one line in a hundred") {
    if (test::row_share() > 1) return;  // a share of the lines is too few for a percentage
    const Goldens goldens    = read_goldens(1);
    Translator    translator = device_translator(Precision::f16);
    const auto    results    = translator.translate(goldens.sources, {.beam_size = 1});
    std::size_t   changed    = 0;
    for (std::size_t i = 0; i < results.size(); ++i)
        changed += results[i].text != goldens.lines[i]["greedy"].get<std::string>();
    std::printf("f16: %zu of %zu lines changed\n", changed, results.size());
    CHECK(changed * 100 <= results.size());
}

TEST_CASE("alignments name a source token for every target token") {
    const Goldens goldens    = read_goldens(24 * test::row_share());
    Translator    translator = device_translator(), oracle = Translator::on_oracle(model_folder);
    for (const std::uint32_t beams : {1u, 4u}) {
        const TranslateOptions options{.beam_size = beams, .alignment = true};
        const auto             results = translator.translate(goldens.sources, options),
                   expected            = oracle.translate(goldens.sources, options);
        std::size_t pairs = 0, equal = 0;
        for (std::size_t i = 0; i < results.size(); ++i) {
            const auto& one = results[i].hypotheses[0];
            REQUIRE(one.alignment.size() + 1 == one.tokens.size());
            for (std::size_t t = 0; t < one.alignment.size(); ++t) {
                CHECK(one.alignment[t].second == t);
                CHECK(one.alignment[t].first < results[i].source_tokens.size());
                ++pairs;
                equal += one.tokens == expected[i].hypotheses[0].tokens &&
                         one.alignment[t] == expected[i].hypotheses[0].alignment[t];
            }
        }
        CHECK(equal * 100 >= pairs * 98);  // ties between source tokens are rare
    }
}
