// Same device, driver, build and input: same bits. Whatever is translated before, beside or at the same time, and in
// batches of any size, a line's tokens, score and alignment are the same to the last bit. What differs between
// processes, such as a driver's threads and its cache of compiled shaders, is in tests/cli/determinism.py.
#include "base/json.h"
#include "support/test_devices.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <thread>

using namespace attune;

namespace {

// SwiftShader is ten times slower than lavapipe: it runs a few rows where that runs some, and some where that runs all.
const bool slow     = test::profile() == "swiftshader";
const bool all_rows = test::row_share() == 1 && !slow;
const bool few_rows = test::row_share() != 1 && slow;

const std::filesystem::path model_folder = ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es";

// Sentences of all lengths: some of the golden lines, and several of them in a row for those that need many rows.
std::vector<std::string> some_lines() {
    const Json               goldens = read_json(ATTUNE_SOURCE_DIR "/checks/goldens/tatoeba-en-de-fr-es.json");
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < goldens.size(); i += all_rows ? 8 : 70) lines.push_back(goldens[i]["source"]);
    if (few_rows) lines.resize(2);
    for (const std::size_t count : {3u, 7u, 16u}) {
        if (few_rows) break;
        if (count != 7 && !all_rows) continue;
        std::string text;
        for (std::size_t i = 0; i < count; ++i) text += goldens[(i * 37 + count) % goldens.size()]["source"].get<std::string>() + " ";
        lines.push_back(text);
    }
    return lines;
}

struct Mode {
    Precision     precision;
    std::uint32_t beams;
    const char*   name;
};

const Mode modes[] = {
    {Precision::f32, 1, "f32 greedy"},
    {Precision::f32, 4, "f32 beam 4"},
    {Precision::f16, 1, "f16 greedy"},
    {Precision::f16, 4, "f16 beam 4"},
};

TranslateOptions options_of(const Mode& mode) {
    return {.target_language = "de", .beam_size = mode.beams, .num_hypotheses = mode.beams, .alignment = true};
}

Translator translator_of(const Mode& mode, const Device& device, TranslatorOptions options = {}) {
    options.precision = mode.precision;
    return Translator(device, model_folder, options);
}

bool same(const Hypothesis& a, const Hypothesis& b) {
    return a.text == b.text && a.tokens == b.tokens && a.score == b.score && a.alignment == b.alignment;
}

bool same(const Translation& a, const Translation& b) {
    return a.source_tokens == b.source_tokens &&
           std::equal(a.hypotheses.begin(), a.hypotheses.end(), b.hypotheses.begin(), b.hypotheses.end(),
                      [](const Hypothesis& x, const Hypothesis& y) { return same(x, y); });
}

// The number of lines of which the translations differ.
std::size_t differing(const std::vector<Translation>& found, const std::vector<Translation>& expected) {
    REQUIRE(found.size() == expected.size());
    std::size_t count = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (same(found[i], expected[i])) continue;
        ++count;
        MESSAGE("line ", i, ": ", found[i].text, " (", found[i].hypotheses[0].score, "), not ", expected[i].text, " (",
                expected[i].hypotheses[0].score, ")");
    }
    return count;
}

// The lines in another order, and their translations in the old one.
std::vector<Translation> reordered(Translator& translator, const std::vector<std::string>& lines,
                                   const std::vector<std::size_t>& order, const TranslateOptions& options) {
    std::vector<std::string> moved;
    for (const std::size_t i : order) moved.push_back(lines[i]);
    std::vector<Translation> found = translator.translate(moved, options), result(lines.size());
    for (std::size_t i = 0; i < order.size(); ++i) result[order[i]] = std::move(found[i]);
    return result;
}

std::vector<Translation> one_by_one(Translator& translator, const std::vector<std::string>& lines, const TranslateOptions& options) {
    std::vector<Translation> result;
    for (const std::string& line : lines) result.push_back(translator.translate(line, options));
    return result;
}

void check_order(Translator& translator, const std::vector<std::string>& lines, const TranslateOptions& options,
                 const std::vector<Translation>& expected) {
    std::vector<std::size_t> order(lines.size());
    std::iota(order.begin(), order.end(), 0u);
    std::reverse(order.begin(), order.end());
    CHECK(differing(reordered(translator, lines, order, options), expected) == 0);
    std::mt19937 random(3);
    for (int i = 0; i < (all_rows ? 10 : 1); ++i) {
        std::shuffle(order.begin(), order.end(), random);
        CHECK(differing(reordered(translator, lines, order, options), expected) == 0);
    }
    // Among others, of which there are more each time.
    std::vector<std::string> crowd = lines;
    for (int i = 0; i < (all_rows ? 20 : 1); ++i) {
        crowd.push_back(lines[random() % lines.size()] + " " + lines[random() % lines.size()]);
        std::vector<Translation> found = translator.translate(crowd, options);
        found.resize(lines.size());
        CHECK(differing(found, expected) == 0);
    }
}

}  // namespace

TEST_CASE("neighbours, order and batches change no bit") {
    const std::vector<std::string> lines = some_lines();
    struct Batch {
        std::uint32_t tokens, rows;
    };
    const Batch batches[] = {{2048, 1}, {2048, 3}, {1, 64}, {40, 64}, {100, 12}};
    for (const Mode& mode : modes) {
        CAPTURE(mode.name);
        if (!all_rows && &mode != &modes[few_rows ? 2 : 1]) continue;
        const TranslateOptions         options    = options_of(mode);
        Translator                     translator = translator_of(mode, test::main_device());
        const std::vector<Translation> expected   = translator.translate(lines, options);
        CHECK(differing(one_by_one(translator, lines, options), expected) == 0);
        check_order(translator, lines, options, expected);
        for (const Batch& batch : batches) {
            if (!all_rows && &batch != &batches[1]) continue;
            CAPTURE(batch.tokens);
            CAPTURE(batch.rows);
            Translator other = translator_of(mode, test::main_device(), {.batch_tokens = batch.tokens, .batch_rows = batch.rows});
            CHECK(differing(other.translate(lines, options), expected) == 0);
        }
    }
}

TEST_CASE("a hundred repeats, ten where the driver is slow, with other work in between give the same bits") {
    const std::vector<std::string> lines = some_lines();
    for (const Mode& mode : modes) {
        CAPTURE(mode.name);
        if (!all_rows && &mode != &modes[0]) continue;
        const TranslateOptions options    = options_of(mode);
        Translator             translator = translator_of(mode, test::main_device());
        const std::string      line       = lines[1];
        const Translation      expected   = translator.translate(line, options);
        std::size_t            different  = 0;
        for (std::size_t i = 0; i < (few_rows ? 10u : 100u); ++i) {
            if (i % 20 == 19) translator.translate(lines[i / 20 % lines.size()], {.target_language = i % 40 == 39 ? "fr" : "es", .beam_size = mode.beams});
            different += !same(translator.translate(line, options), expected);
        }
        CHECK(different == 0);
    }
}

TEST_CASE("translators in four threads, on one device and on devices of their own, give the same bits") {
    std::vector<std::string> lines = some_lines();
    if (!all_rows) lines.resize(few_rows ? 1 : 2);
    for (const Mode& mode : modes) {
        CAPTURE(mode.name);
        if (!all_rows && &mode != &modes[0]) continue;
        const TranslateOptions         options  = options_of(mode);
        const std::vector<Translation> expected = translator_of(mode, test::main_device()).translate(lines, options);
        for (const bool own_devices : {false, true}) {
            if (few_rows && own_devices) continue;   // each compiles for itself
            CAPTURE(own_devices);
            std::vector<Translation> found[4];
            std::vector<std::thread> threads;
            for (std::size_t t = 0; t < std::size(found); ++t)
                threads.emplace_back([&, t, own = own_devices] {
                    const Device device = own ? Device::open({.select = std::to_string(test::main_device().info().index), .caps = {}})
                                              : test::main_device().share();
                    Translator   translator = translator_of(mode, device, {.batch_tokens = 2048, .batch_rows = 64});
                    for (int i = 0; i < (all_rows ? 4 : 1); ++i) found[t] = translator.translate(lines, options);
                });
            for (std::thread& thread : threads) thread.join();
            for (const auto& each : found) CHECK(differing(each, expected) == 0);
        }
    }
}
