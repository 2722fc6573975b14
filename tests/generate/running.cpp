// How a translator runs: nothing is made in steady state, memory that runs out halves the batch, lines
// that are too long are cut, a cancelled call leaves the translator usable.
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

#include <cstdio>

using namespace attune;
using test::TemporaryFolder;

namespace {

std::vector<std::string> lines_of(std::size_t count, std::size_t longest) {
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < count; ++i) lines.push_back(test::tiny_text(1 + (i * 7919u) % longest, i));
    return lines;
}

}  // namespace

TEST_CASE("a second pass over lines of all lengths makes no Vulkan object") {
    TemporaryFolder folder;
    test::write_tiny_model(folder, {{"max_position_embeddings", 256}, {"max_length", 224}, {"num_beams", 1}});
    Device     device = test::main_device().share();
    Translator translator(device, folder.path());
    // Kernels for GPUs crawl on the software driver that stands in for one.
    const auto            lines  = lines_of((test::profile() == "floor" ? 200 : 2000) / test::row_share(), 200);
    const auto            first  = translator.translate(lines);
    const TranslatorStats before = translator.stats();
    const auto            second = translator.translate(lines);
    const TranslatorStats after  = translator.stats();
    std::printf("%llu programs, %llu objects, %.1f s a pass\n",
                static_cast<unsigned long long>(after.programs_prepared),
                static_cast<unsigned long long>(after.objects_created), after.seconds / 2);
    CHECK(after.programs_prepared == before.programs_prepared);
    CHECK(after.objects_created == before.objects_created);
    CHECK(after.device_bytes == before.device_bytes);
    CHECK(after.decoder_steps == 2 * before.decoder_steps);
    for (std::size_t i = 0; i < lines.size(); ++i)
        REQUIRE(first[i].hypotheses[0].tokens == second[i].hypotheses[0].tokens);
}

TEST_CASE("lines that do not fit the model are cut at sentence ends and lose nothing") {
    TemporaryFolder folder;
    test::write_tiny_model(folder);
    Translator  translator(test::main_device(), folder.path());
    std::string line;
    for (std::uint32_t i = 0; i < 6; ++i) line += test::tiny_text(11, i) + ".  ";
    const Translation whole = translator.translate(line);
    CHECK(whole.parts > 1);
    CHECK(whole.source_tokens.size() >= 66);
    CHECK(translator.translate("a b c").parts == 1);
}

TEST_CASE("a line of 10 MB: bounded, split, and cancelled at once") {
    TemporaryFolder folder;
    test::write_tiny_model(folder);
    Translator        translator(test::main_device(), folder.path());
    const Translation sparse =
        translator.translate(std::string(5'000'000, ' ') + "a b c." + std::string(5'000'000, ' ') + "d e f");
    CHECK(sparse.source_tokens.size() <= 12);
    CHECK(sparse.text.find(std::string(100, ' ')) != std::string::npos);  // white space between parts stays

    std::string dense;
    while (dense.size() < 10'000'000) dense += "a b c d e f. ";
    std::atomic<bool> cancel{true};
    CHECK_THROWS_AS(translator.translate(std::vector<std::string>{dense}, {}, &cancel), Error);
    CHECK(translator.translate("a b").parts == 1);
}

TEST_CASE("a long line in pieces of any size is what it is as a whole") {
    if (test::profile() == "floor") return;  // kernels for GPUs crawl on the software driver that stands in for one
    TemporaryFolder folder;
    test::write_tiny_model(folder, {{"num_beams", 1}, {"min_length", 4}});
    Translator  translator(test::main_device(), folder.path());
    std::string line = "  \u3000";
    for (std::uint32_t i = 0; line.size() < 140'000; ++i)
        line += test::tiny_text(1 + i * 7 % 30, i) + (i % 5 ? ". " : "\u3002") +
                (i % 50 ? "" : std::string(500 + i, 'z') + "\xFF\xE2\x82");
    line += " \n ";
    const Translation whole = translator.translate(line);
    REQUIRE(whole.parts > 100);
    for (const std::size_t piece : {1u, 65'536u, 1u << 30}) {
        CAPTURE(piece);
        Translation joined{.text = {}, .hypotheses = {{}}, .source_tokens = {}, .parts = 0, .repairs = 0};
        std::size_t at = 0, stretches = 0;
        translator.translate_long(
            [&] {
                const std::string_view bytes = std::string_view(line).substr(at, piece);
                at += bytes.size();
                return bytes;
            },
            {},
            [&](Translation&& stretch) {
                joined.text += stretch.text;
                joined.source_tokens.insert(joined.source_tokens.end(), stretch.source_tokens.begin(),
                                            stretch.source_tokens.end());
                const auto& tokens = stretch.hypotheses.at(0).tokens;
                joined.hypotheses[0].tokens.insert(joined.hypotheses[0].tokens.end(), tokens.begin(), tokens.end());
                joined.parts += stretch.parts;
                joined.repairs += stretch.repairs;
                ++stretches;
            });
        CHECK(stretches > 1);
        CHECK(joined.text == whole.text);
        CHECK(joined.source_tokens == whole.source_tokens);
        CHECK(joined.hypotheses[0].tokens == whole.hypotheses[0].tokens);
        CHECK(joined.parts == whole.parts);
        CHECK(joined.repairs == whole.repairs);
    }
    std::size_t blank = 0;
    translator.translate_long([] { return std::string_view(); }, {},
                              [&](Translation&& stretch) {
                                  CHECK(stretch.text.empty());
                                  ++blank;
                              });
    CHECK(blank == 1);
}

TEST_CASE("blank lines run nothing") {
    TemporaryFolder folder;
    test::write_tiny_model(folder);
    Translator translator(test::main_device(), folder.path());
    const auto results = translator.translate(std::vector<std::string>{"", "  \t", "a", ""});
    CHECK(results[0].text.empty());
    CHECK(results[1].text.empty());
    CHECK(results[2].source_tokens.size() == 2);
    CHECK(results[3].text.empty());
    CHECK(translator.stats().encoder_runs == 1);
}

TEST_CASE("out of device memory: the batch is halved, and only then it fails") {
    if (test::takes_few_rows()) return;  // the host halves it, whatever the device
    TemporaryFolder folder;
    test::write_tiny_model(folder, {{"d_model", 64},
                                    {"encoder_attention_heads", 4},
                                    {"decoder_attention_heads", 4},
                                    {"max_position_embeddings", 256},
                                    {"max_length", 224},
                                    {"num_beams", 1}});
    const auto lines = lines_of(80, 30);
    Translator roomy(test::main_device(), folder.path());
    const auto expected = roomy.translate(lines);
    const auto used     = roomy.stats().device_bytes;
    CHECK(roomy.stats().batch_halvings == 0);

    Device::Options options;
    options.select             = std::to_string(test::main_device().info().index);
    options.caps.device_memory = 8u << 20;
    Device     small           = Device::open(options);
    Translator tight(small, folder.path());
    const auto results = tight.translate(lines);
    CHECK(tight.stats().batch_halvings > 0);
    CHECK(tight.stats().device_bytes <= options.caps.device_memory);
    CHECK(used > 0);
    for (std::size_t i = 0; i < lines.size(); ++i)
        CHECK(results[i].hypotheses[0].tokens == expected[i].hypotheses[0].tokens);

    options.caps.device_memory = 256u << 10;
    Device tiny                = Device::open(options);
    try {
        Translator hopeless(tiny, folder.path());
        hopeless.translate(lines);
        FAIL("ran in 256 KiB");
    } catch (const Error& error) {
        CHECK(error.status() == Status::out_of_device_memory);
        CHECK(std::string(error.what()).find("bytes") != std::string::npos);
    }
}

TEST_CASE("a cancelled call leaves the translator usable") {
    TemporaryFolder folder;
    test::write_tiny_model(folder);
    Translator        translator(test::main_device(), folder.path());
    const auto        lines    = lines_of(10, 10);
    const auto        expected = translator.translate(lines);
    std::atomic<bool> cancel{true};
    CHECK_THROWS_AS(translator.translate(lines, {}, &cancel), Error);
    const auto again = translator.translate(lines);
    for (std::size_t i = 0; i < lines.size(); ++i)
        CHECK(again[i].hypotheses[0].tokens == expected[i].hypotheses[0].tokens);
}
