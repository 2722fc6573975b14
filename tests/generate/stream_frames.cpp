// Translation within frames that are in flight, retired late, or attune's own; with weights, pipelines and plans that
// came before or come meanwhile.
#include "support/expect_error.h"
#include "support/host_commands.h"
#include "support/host_device.h"
#include "support/host_frames.h"
#include "support/host_plan.h"
#include "support/same_translations.h"
#include "support/tiny_model.h"
#include "support/tiny_student.h"

#include <attune/stream.hpp>

#include <chrono>
#include <thread>

using namespace attune;
using namespace attune::test;
using Progress = TranslationStream::Progress;

namespace {

constexpr std::size_t endless = 100000;

struct Setup {
    TemporaryFolder          folder;
    OwnDevice&               own;
    Device&                  device;
    std::vector<std::string> lines;

    explicit Setup(bool student, HostDevice& host = shared_host()) : own(host.own), device(host.device) {
        if (student)
            write_tiny_student(folder, {.seed = 40}, StudentFile::int8);
        else
            write_tiny_model(folder);
        for (std::uint32_t i = 0; i < 5; ++i) lines.push_back(student ? tiny_student_text(1 + i * 3 % 11, i) : tiny_text(1 + i * 3 % 11, i));
    }
};

void take(TranslationStream& stream, std::vector<Translation>& found) {
    while (auto translation = stream.pull()) found.push_back(std::move(*translation));
}

// Frames until nothing is left; each is retired `late` frames after it was submitted.
std::vector<Translation> all_frames(TranslationStream& stream, HostFrames& host, std::uint64_t late, const Budget& budget) {
    std::vector<Translation> found;
    for (std::size_t i = 0; i < endless; ++i) {
        Progress            progress = Progress::idle;
        const std::uint64_t frame    = host.frame([&](const FrameTarget& target) { progress = stream.step(target, budget); });
        if (frame > late) {
            host.wait(frame - late);
            stream.retire(frame - late);
        }
        take(stream, found);
        if (progress == Progress::idle) return found;
    }
    return found;
}

}  // namespace

TEST_CASE("frames in flight, retired late: the translations of translate()") {
    for (const bool student : {false, true}) {
        Setup      setup(student);
        Translator translator(setup.device, setup.folder.path(), {.batch_rows = 4});
        const auto expected = translator.translate(setup.lines);
        for (const std::uint32_t slots : {1u, 3u, 8u}) {
            CAPTURE(slots);
            HostFrames        host(setup.own, slots);
            TranslationStream stream(translator, {}, {.slots = slots});
            for (const std::string& line : setup.lines) stream.push(line);
            check_same(all_frames(stream, host, slots - 1, {2e-4}), expected);
        }
    }
}

TEST_CASE("a frame that is never retired makes its slot busy, and nothing is lost") {
    Setup             setup(true);
    Translator        translator(setup.device, setup.folder.path());
    const auto        expected = translator.translate(setup.lines);
    HostFrames        host(setup.own, 2);
    TranslationStream stream(translator, {}, {.slots = 2});
    for (const std::string& line : setup.lines) stream.push(line);
    for (int i = 0; i < 2; ++i) host.frame([&](const FrameTarget& target) { CHECK(stream.step(target, {0.0}) == Progress::recorded); });
    const std::uint64_t memory = setup.device.memory_used();
    for (int i = 0; i < 5; ++i)
        expect_error(Status::busy, {"retire"}, [&] { host.frame([&](const FrameTarget& target) { stream.step(target, {0.0}); }); });
    CHECK(setup.device.memory_used() == memory);
    host.wait(2);
    stream.retire(2);
    check_same(all_frames(stream, host, 1, {1.0}), expected);
}

TEST_CASE("token ids instead of text") {
    Setup      setup(true);
    Translator translator(setup.device, setup.folder.path());
    const auto expected = translator.translate(setup.lines);
    HostFrames host(setup.own, 2);
    TranslationStream stream(translator, {}, {.slots = 2});
    for (const Translation& line : expected) stream.push(line.source_tokens);
    check_same(all_frames(stream, host, 1, {1.0}), expected);
    expect_error(Status::bad_input, {"token", "vocabulary"}, [&] { stream.push(std::vector<std::uint32_t>{4000000}); });
    expect_error(Status::bad_input, {"tokens", "0"}, [&] { stream.push(std::span<const std::uint32_t>{}); });
    CHECK_FALSE(stream.pull());
}

TEST_CASE("attune's own submissions, in pieces and to the end") {
    Setup      setup(true);
    Translator translator(setup.device, setup.folder.path());
    const auto expected = translator.translate(setup.lines);
    for (const std::uint32_t slots : {1u, 3u}) {
        TranslationStream stream(translator, {}, {.slots = slots});
        for (const std::string& line : setup.lines) stream.push(line);
        std::vector<Translation> found;
        std::uint64_t            waiting = 0, recorded = 0;
        for (std::size_t i = 0; i < endless && found.size() < expected.size(); ++i) {
            const Progress progress = stream.submit({0.0});
            waiting += progress == Progress::waiting;
            recorded += progress == Progress::recorded;
            if (progress == Progress::waiting) std::this_thread::sleep_for(std::chrono::microseconds(200));
            stream.poll();
            take(stream, found);
        }
        check_same(found, expected);
        CHECK(recorded > 20);

        for (const std::string& line : setup.lines) stream.push(line);
        stream.finish();
        found.clear();
        take(stream, found);
        check_same(found, expected);
        CHECK(stream.submit({}) == Progress::idle);
    }
}

TEST_CASE("passes over the model as data, recorded by the host") {
    if (profile() == "swiftshader") return;   // the host compiles everything for each pass: there are few
    for (const bool student : {false, true}) {
        Setup                setup(student);
        Translator           translator(setup.device, setup.folder.path());
        const TranslateOptions few{.max_length = 6};
        const auto           expected = translator.translate(setup.lines, few);
        HostCommands         commands(setup.own);
        TranslationStream    stream(translator, few);
        for (const std::string& line : setup.lines) stream.push(line);
        for (auto list = stream.commands({}); !list.empty(); list = stream.commands({})) {
            CHECK(stream.commands({}).empty());   // the next one depends on this
            CHECK(stream.last_step().progress == Progress::waiting);
            const HostPlan plan(setup.own, list);
            commands.run([&](VkCommandBuffer recording) { plan.record(recording); });
            stream.finished();
        }
        std::vector<Translation> found;
        take(stream, found);
        check_same(found, expected);
    }
}

TEST_CASE("what was prepared needs no plan, no object and no memory later") {
    for (const bool student : {false, true}) {
        Setup             setup(student);
        Translator        translator(setup.device, setup.folder.path(), {.batch_rows = 4});
        const auto        expected = translator.translate(setup.lines);
        HostFrames        host(setup.own, 2);
        TranslationStream stream(translator, {}, {.slots = 2});
        stream.prepare({.lines = 4, .source_tokens = 64});
        const std::uint64_t objects = setup.device.objects_created(), memory = setup.device.memory_used();
        for (const std::string& line : setup.lines) stream.push(line);
        check_same(all_frames(stream, host, 1, {1e-3}), expected);
        CHECK(setup.device.objects_created() == objects);
        CHECK(setup.device.memory_used() == memory);
    }
}

TEST_CASE("pipelines made elsewhere: steps say that they are not ready, and go on when they are") {
    if (profile() == "swiftshader") return;   // compiles all of them for a long time
    HostDevice        fresh;
    Setup             setup(true, fresh);
    Translator        translator(setup.device, setup.folder.path());
    HostFrames        host(setup.own, 1);
    TranslationStream stream(translator, {}, {.slots = 1, .compile = Compile::elsewhere});
    stream.prepare({.lines = 1, .source_tokens = 16});
    CHECK(setup.device.pipelines_left() > 0);
    stream.push(setup.lines[0]);
    for (int i = 0; i < 3; ++i)
        expect_error(Status::not_ready, {"compile_next"}, [&] { host.frame([&](const FrameTarget& target) { stream.step(target, {1.0}); }); });
    std::thread elsewhere([&] {
        while (setup.device.compile_next() > 0) {}
    });
    elsewhere.join();
    CHECK(setup.device.pipelines_left() == 0);
    check_same(all_frames(stream, host, 0, {1.0}), translator.translate(std::vector<std::string>{setup.lines[0]}));
}

TEST_CASE("cancelling from another thread, and lines that come after it") {
    Setup             setup(true);
    Translator        translator(setup.device, setup.folder.path());
    const auto        expected = translator.translate(setup.lines);
    HostFrames        host(setup.own, 2);
    TranslationStream stream(translator, {}, {.slots = 2});
    for (std::size_t frames = 0; frames < 24; frames += 2) {
        for (const std::string& line : setup.lines) stream.push(line);
        for (std::size_t i = 0; i < frames; ++i) {
            const std::uint64_t frame = host.frame([&](const FrameTarget& target) { stream.step(target, {0.0}); });
            host.wait(frame - 1);
            stream.retire(frame - 1);
        }
        std::thread([&] { stream.cancel(); }).join();
        CHECK(stream.so_far() == "");
        stream.push(setup.lines[2]);
        host.wait(UINT64_MAX);
        stream.finished();
        const auto found = all_frames(stream, host, 1, {1.0});
        check_same(found, {expected[2]});
    }
}

TEST_CASE("weights that are loaded piece by piece, given up, and gone on with") {
    Setup      setup(true);
    const auto expected = Translator(setup.device, setup.folder.path()).translate(setup.lines);
    Translator translator(setup.device, setup.folder.path(), {.load_later = true, .load_slots = 2});
    CHECK(translator.loading().done == 0);
    CHECK(translator.loading().in_all > 0);
    expect_error(Status::usage, {"load_next"}, [&] { translator.translate(setup.lines); });
    translator.cancel_load();
    expect_error(Status::cancelled, {"loaded"}, [&] { translator.load_next({}, 1); });
    HostFrames  host(setup.own, 2);
    std::size_t calls = 0;
    for (bool done = false; !done; ++calls) host.frame([&](const FrameTarget& target) { done = translator.load_next(target, 1); });
    CHECK(calls > 5);
    CHECK(translator.loading().done == translator.loading().in_all);
    check_same(translator.translate(setup.lines), expected);
}

TEST_CASE("a translator moves to another device, and its streams with it") {
    if (profile() == "swiftshader") return;   // compiles for a long time for another device
    HostDevice        another;
    Setup             setup(true), other(true, another);
    Translator        translator(setup.device, setup.folder.path());
    const auto        expected = translator.translate(setup.lines);
    TranslationStream stream(translator, {}, {.slots = 2});
    for (const std::string& line : setup.lines) stream.push(line);
    {
        HostFrames host(setup.own, 2);
        for (int i = 0; i < 5; ++i) {
            const std::uint64_t frame = host.frame([&](const FrameTarget& target) { stream.step(target, {0.0}); });
            host.wait(frame);
            stream.retire(frame);
        }
    }
    translator.move_to(other.device);
    HostFrames host(other.own, 2);
    check_same(all_frames(stream, host, 1, {1.0}), expected);
    check_same(translator.translate(setup.lines), expected);
}
