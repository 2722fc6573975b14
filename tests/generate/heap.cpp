// What loading a model and translating take of main memory, mapped files and device memory aside.
#include "support/counted_heap.h"
#include "support/host_folder.h"
#include "support/host_frames.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/vulkan_shim.h"

#include <attune/stream.hpp>
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

TEST_CASE("weights that a host reads are held only until the device has them") {
    if (attune::test::profile() != "lavapipe") return;  // what we hold does not depend on the driver
    const attune::test::HostFolder host(ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es");
    const std::size_t              weights = host.files.at("model.safetensors").size();
    std::size_t                    before = attune::test::heap_now, kept = 0;
    const auto                     load   = [&] {
        const attune::Translator translator(attune::test::main_device(), host.by_callback());
        kept = attune::test::heap_now - before;
    };
    CHECK(attune::test::heap_used_by(load) > weights);
    CHECK(kept < weights / 2);
    std::printf("a host's %.1f MiB of weights: %.1f MiB of main memory when loaded\n",
                static_cast<double>(weights) / (1 << 20), static_cast<double>(kept) / (1 << 20));
}

TEST_CASE("steps that are prepared take nothing from the heap, make nothing and lock nothing") {
    if (attune::test::profile() != "lavapipe") return;  // what we hold does not depend on the driver
    attune::test::VulkanShim      shim;
    const attune::test::OwnDevice own;
    attune::Device::Import        given = own.import(attune::test::profile_caps());
    int                           locks = 0;
    given.get_instance_proc             = shim.get_instance_proc();
    given.lock                          = [&](std::uint32_t, std::uint32_t) { ++locks; };
    given.unlock                        = [](std::uint32_t, std::uint32_t) {};
    const attune::Device          device = attune::Device::import(given);
    attune::Translator            translator(device, ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es");
    attune::test::HostFrames      host(own, 2);
    attune::TranslationStream     stream(translator, {.target_language = "de", .beam_size = 1}, {.slots = 2});
    stream.prepare({.lines = 2, .source_tokens = 32});
    std::size_t largest = 0, steps = 0, others = 0;
    for (int round = 0; round < 4; ++round) {
        stream.push("Where is the station?");
        stream.push("I would like a cup of tea.");
        stream.poll();
        bool idle = false;
        for (int frame = 0; !idle && frame < 400; ++frame) {
            const std::uint64_t now = host.frame([&](const attune::FrameTarget& target) {
                if (round > 0) shim.watch = [&](attune::test::Entry entry) { others += !std::string_view(name_of(entry)).starts_with("vkCmd"); };
                const int before = locks;
                attune::test::heap_used_by([&] { idle = stream.step(target, {frame % 2 ? 0.002 : 1.0}) == attune::TranslationStream::Progress::idle; });
                if (round > 0) largest = std::max<std::size_t>(largest, attune::test::heap_largest);
                shim.watch = nullptr;
                CHECK(locks == before);
            });
            ++steps;
            host.wait(now);
            stream.retire(now);
        }
        while (stream.pull()) {}
    }
    CHECK(steps > 40);
    CHECK(others == 0);
    CHECK(largest == 0);
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
    for (const std::size_t bytes : {200'000u, 400'000u}) pass(bytes);  // programs for all shapes that come
    const std::size_t kept = attune::test::heap_now, short_line = pass(200'000), long_line = pass(400'000);
    CHECK(attune::test::heap_now == kept);
    pass(400'000);
    CHECK(attune::test::heap_now == kept);
    CHECK(parts > 1600);  // of less than 1 kB each
    std::printf("a line of 0.2 MB: %.2f MiB; of 0.4 MB: %.2f MiB\n", static_cast<double>(short_line) / (1 << 20),
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
