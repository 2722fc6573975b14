// What loading a model and translating take of main memory, mapped files and device memory aside.
#include "support/counted_heap.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <vector>

#ifdef ATTUNE_COUNTED_HEAP

TEST_CASE("loading takes at most twice the largest tensor and 64 MiB of main memory") {
    constexpr std::size_t largest = 8005 * 256 * 2;  // the embedding table, f16 in the file
    const auto&           device  = attune::test::main_device();
    const std::size_t     peak    = attune::test::heap_used_by(
        [&] { attune::Translator(device, ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es"); });
    std::printf("loading: %.1f MiB of main memory at most\n", static_cast<double>(peak) / (1 << 20));
    CHECK(peak > 0);
    CHECK(peak <= 2 * largest + (64u << 20));
}

namespace {

// Sentences of 40 one-letter words that are never held: `bytes` of them, some 64 KiB at a time.
attune::Translator::Read sentences(std::size_t bytes) {
    std::string block;
    for (std::uint32_t i = 0; block.size() < 60'000; ++i) block += attune::test::tiny_text(40, i) + ". ";
    return [block, bytes, given = std::size_t{0}]() mutable -> std::string_view {
        if (given >= bytes) return {};
        given += block.size();
        return block;
    };
}

// Its translations end at once.
void write_silent_model(const attune::test::TemporaryFolder& folder) {
    const attune::Json config =
        attune::test::tiny_marian_config({{"max_position_embeddings", 512}, {"max_length", 513}, {"num_beams", 1}});
    auto tensors = attune::test::tiny_marian_tensors(config);
    for (auto& [name, tensor] : tensors)
        if (name == "final_logits_bias") tensor.as<float>()[0] = 100;
    attune::test::write_marian_folder(folder.path(), config, tensors);
    attune::test::write_tiny_tokenizer(folder, 12);
}

}  // namespace

TEST_CASE("a long line takes memory that does not depend on its length, and leaves none behind") {
    if (attune::test::profile() != "lavapipe") return;  // what we hold does not depend on the driver
    attune::test::TemporaryFolder folder;
    write_silent_model(folder);
    attune::Translator translator(attune::test::main_device(), folder.path());
    std::uint64_t      parts = 0;
    const auto         pass  = [&](std::size_t bytes) {
        const auto        read   = sentences(bytes);
        return attune::test::heap_used_by([&] {
            translator.translate_long(read, {}, [&](attune::Translation&& stretch) { parts += stretch.parts; });
        });
    };
    for (const std::size_t bytes : {200'000u, 600'000u}) pass(bytes);  // programs for all shapes that come
    const std::size_t kept = attune::test::heap_now, short_line = pass(200'000), long_line = pass(600'000);
    CHECK(attune::test::heap_now == kept);
    pass(600'000);
    CHECK(attune::test::heap_now == kept);
    CHECK(parts > 800);
    std::printf("a line of 0.2 MB: %.2f MiB; of 0.6 MB: %.2f MiB\n", static_cast<double>(short_line) / (1 << 20),
                static_cast<double>(long_line) / (1 << 20));
    CHECK(long_line < short_line + (64u << 10));
}

TEST_CASE("equal passes over lines of all lengths leave no memory behind") {
    if (attune::test::profile() != "lavapipe") return;  // what we hold does not depend on the driver
    attune::test::TemporaryFolder folder;
    write_silent_model(folder);
    attune::Translator       translator(attune::test::main_device(), folder.path());
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < 200; ++i) lines.push_back(attune::test::tiny_text(1 + i * 7919 % 511, i));
    std::size_t kept = 0;
    for (int i = 0; i < 3; ++i) {
        std::size_t next = 0;
        translator.translate(lines, {}, [&](std::size_t line, attune::Translation&&) { CHECK(line == next++); });
        CHECK(next == lines.size());
        if (i > 0) CHECK(attune::test::heap_now == kept);
        kept = attune::test::heap_now;
    }
}

#endif
