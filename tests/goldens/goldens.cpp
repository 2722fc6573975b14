// The shipped model against the reference outputs of transformers 5 (tests/data/README.md).
#include "checks/goldens.h"
#include "support/host_folder.h"
#include "support/same_translations.h"
#include "support/test_devices.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

#include <cstdio>

using namespace attune;

namespace {

const std::filesystem::path model_folder = ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es";

// Every share-th line.
std::vector<test::Golden> read_goldens(std::size_t share) {
    const auto                all = test::read_goldens(ATTUNE_SOURCE_DIR "/checks/goldens/tatoeba-en-de-fr-es.json");
    std::vector<test::Golden> goldens;
    for (std::size_t i = 0; i < all.size(); i += share) goldens.push_back(all[i]);
    return goldens;
}

std::vector<std::string> sources_of(const std::vector<test::Golden>& goldens) {
    std::vector<std::string> sources;
    for (const test::Golden& golden : goldens) sources.push_back(golden.source);
    return sources;
}

// Bindings that see little make many dispatches of a large batch: less room is enough for few lines.
Translator device_translator(Precision precision = Precision::f32, std::optional<Type> cache = {}) {
    const bool little = test::main_device().info().max_binding < 1u << 27;
    return Translator(test::main_device(), model_folder,
                      {.precision = precision, .cache = cache, .batch_tokens = little ? 128u : 2048u, .batch_rows = little ? 12u : 64u});
}

void show(const char* what, const test::GoldenCount& count) {
    std::printf("%s: %zu of %zu lines equal\n", what, count.equal, count.lines);
    for (const std::string& line : count.different) MESSAGE(line);
}

void check_greedy(Translator& translator, const std::vector<test::Golden>& goldens) {
    const auto count = test::count_greedy(translator, goldens);
    show("greedy", count);
    CHECK(test::enough_greedy(count));
}

void check_beams(Translator& translator, const std::vector<test::Golden>& goldens) {
    const auto count = test::count_beams(translator, goldens);
    show("beam 4", count);
    CHECK(test::enough_beams(count));
}

}  // namespace

TEST_CASE("greedy and beam search give the reference translations on the device") {
    const auto goldens    = read_goldens(test::row_share());
    Translator translator = device_translator();
    check_greedy(translator, goldens);
    check_beams(translator, goldens);
}

TEST_CASE("the oracle gives the reference translations") {
    if (!test::profile().starts_with("lavapipe")) return;  // it is the same everywhere
    const auto goldens    = read_goldens(test::row_share() * 2);
    Translator translator = Translator::on_oracle(model_folder);
    check_greedy(translator, goldens);
    if (test::row_share() == 1) check_beams(translator, read_goldens(8));
}

TEST_CASE("a line's translation does not depend on its neighbours") {
    auto sources = sources_of(read_goldens(test::row_share()));
    sources.resize(std::min<std::size_t>(sources.size(), 64));
    Translator translator = device_translator();
    for (const std::uint32_t beams : {1u, 3u}) {
        if (beams == 1 && test::takes_few_rows()) continue;
        const TranslateOptions   options{.beam_size = beams, .num_hypotheses = beams};
        const auto               together = translator.translate(sources, options);
        std::vector<std::string> reversed(sources.rbegin(), sources.rend());
        const auto               backwards = translator.translate(reversed, options);
        for (std::size_t i = 0; i < together.size(); ++i) test::check_same(together[i], backwards[together.size() - 1 - i]);
        for (std::size_t i = 0; i < together.size(); i += 5)
            test::check_same(together[i], translator.translate(sources[i], options));
    }
}

TEST_CASE("the model in memory, or read by a host, translates to the same bits") {
    if (test::row_share() > 1) return;  // what differs is not the device
    auto sources = sources_of(read_goldens(20));
    sources.resize(std::min<std::size_t>(sources.size(), 3));
    const test::HostFolder host(model_folder);
    const auto             expected = device_translator().translate(sources);
    for (const auto& files : {host.in_memory(), host.by_callback()}) {
        const auto found = Translator(test::main_device(), files).translate(sources);
        for (std::size_t i = 0; i < sources.size(); ++i) test::check_same(found[i], expected[i]);
    }
}

TEST_CASE("f16 changes at most one line in a hundred") {
    if (test::row_share() > 1) return;  // a share of the lines is too few for a percentage
    const auto  goldens    = read_goldens(1);
    Translator  translator = device_translator(Precision::f16);
    const auto  results    = translator.translate(sources_of(goldens), {.beam_size = 1});
    std::size_t changed    = 0;
    for (std::size_t i = 0; i < results.size(); ++i) changed += results[i].text != goldens[i].greedy;
    std::printf("f16: %zu of %zu lines changed\n", changed, results.size());
    CHECK(changed * 100 <= results.size());
}

TEST_CASE("caches of f16 change at most one line in a hundred") {
    if (test::row_share() > 1) return;
    const auto goldens    = read_goldens(1);
    Translator translator = device_translator(Precision::f32, Type::f16);
    const auto count      = test::count_greedy(translator, goldens);
    show("f16 caches", count);
    CHECK((count.lines - count.equal) * 100 <= count.lines);
}

// The goldens are hard lines: two tokens come nearer than 0.05 in every sixth.
TEST_CASE("int8 changes no line in a hundred but those that nearly had another word") {
    if (test::row_share() > 1) return;
    auto goldens = read_goldens(1);
    std::erase_if(goldens, [](const test::Golden& golden) { return golden.margin < 0.05; });
    REQUIRE(goldens.size() > 190);
    Translator translator = device_translator(Precision::int8);
    const auto count      = test::count_greedy(translator, goldens);
    show("int8", count);
    CHECK((count.lines - count.equal) * 100 <= count.lines);
}

TEST_CASE("alignments name a source token for every target token") {
    const auto sources    = sources_of(read_goldens(24 * test::row_share()));
    Translator translator = device_translator(), oracle = Translator::on_oracle(model_folder);
    for (const std::uint32_t beams : {1u, 4u}) {
        const TranslateOptions options{.beam_size = beams, .alignment = true};
        const auto             results = translator.translate(sources, options),
                   expected            = oracle.translate(sources, options);
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
