// Translation in pieces within a host's frames: the same bits as without, wherever the pieces are cut.
#include "support/expect_error.h"
#include "support/host_commands.h"
#include "support/host_device.h"
#include "support/same_translations.h"
#include "support/tiny_model.h"
#include "support/tiny_student.h"

#include <attune/stream.hpp>

using namespace attune;
using namespace attune::test;
using Progress = TranslationStream::Progress;

namespace {

struct Host {
    Device&      device = shared_host().device;
    HostCommands commands{shared_host().own};
    std::size_t  recorded = 0, waited = 0;

    // One frame; false if there was nothing to do.
    bool frame(TranslationStream& stream, double seconds) {
        Progress progress = Progress::idle;
        commands.run([&](VkCommandBuffer recording) { progress = stream.step(recording, {seconds}); });
        recorded += progress == Progress::recorded;
        waited += progress == Progress::waiting;
        stream.finished();
        return progress != Progress::idle;
    }

    std::vector<Translation> all(TranslationStream& stream, double seconds) {
        std::vector<Translation> found;
        while (frame(stream, seconds))
            while (auto translation = stream.pull()) found.push_back(std::move(*translation));
        while (auto translation = stream.pull()) found.push_back(std::move(*translation));
        return found;
    }
};

std::vector<std::string> some_lines(bool student) {
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < 9; ++i) lines.push_back(student ? tiny_student_text(1 + i * 3 % 17, i) : tiny_text(1 + i * 3 % 17, i));
    lines.insert(lines.begin() + 4, "");
    return lines;
}

}   // namespace

TEST_CASE("a stream gives what translate() gives, for any budget") {
    for (const bool student : {false, true}) {
        if (!student && takes_few_rows()) continue;
        CAPTURE(student);
        const TemporaryFolder folder;
        if (student)
            write_tiny_student(folder, {.seed = 30}, StudentFile::int8);
        else
            write_tiny_model(folder);
        const auto lines = some_lines(student);
        Host       host;
        Translator translator(host.device, folder.path(), {.batch_tokens = 64, .batch_rows = 8});
        for (const std::uint32_t beams : {1u, 3u}) {
            const TranslateOptions options{.beam_size = beams, .alignment = beams > 1};
            const auto             expected = translator.translate(lines, options);
            for (const double seconds : {0.0, 5e-5, 1.0}) {
                CAPTURE(seconds);
                TranslationStream stream(translator, options);
                for (const std::string& line : lines) stream.push(line);
                check_same(host.all(stream, seconds), expected);
            }
        }
        CHECK(host.waited == 0);   // each frame waited for its own commands
    }
}

TEST_CASE("lines that come later are translated later, and an idle stream says so") {
    const TemporaryFolder folder;
    write_tiny_student(folder, {.seed = 31});
    Host              host;
    Translator        translator(host.device, folder.path());
    TranslationStream stream(translator);
    CHECK_FALSE(host.frame(stream, 1));
    CHECK_FALSE(stream.pull());
    CHECK(stream.so_far() == "");
    std::vector<Translation> found;
    const auto               lines = some_lines(true);
    for (const std::string& line : lines) {
        stream.push(line);
        for (int i = 0; i < 3; ++i) host.frame(stream, 1e-4);
        while (auto translation = stream.pull()) found.push_back(std::move(*translation));
    }
    for (auto& translation : host.all(stream, 1)) found.push_back(std::move(translation));
    check_same(found, translator.translate(lines));
    CHECK_FALSE(host.frame(stream, 1));
}

TEST_CASE("without finished() nothing more is recorded") {
    const TemporaryFolder folder;
    write_tiny_student(folder, {.seed = 32});
    Host              host;
    Translator        translator(host.device, folder.path());
    TranslationStream stream(translator);
    stream.push("a b");
    const auto step = [&] {
        Progress progress = Progress::idle;
        host.commands.run([&](VkCommandBuffer recording) { progress = stream.step(recording, {1}); });
        return progress;
    };
    CHECK(step() == Progress::recorded);
    CHECK(step() == Progress::waiting);
    CHECK(step() == Progress::waiting);
    stream.finished();
    CHECK(step() == Progress::recorded);
    expect_error(Status::usage, {"command buffer"}, [&] { stream.step({}, {1}); });
}

TEST_CASE("the text grows, and cancelling at any unit leaves a stream that works") {
    const TemporaryFolder folder;
    write_tiny_student(folder, {.seed = 33});
    Host              host;
    Translator        translator(host.device, folder.path());
    const std::string line     = tiny_student_text(9, 5);
    const auto        expected = translator.translate(std::vector<std::string>{line});
    TranslationStream stream(translator);
    for (std::size_t units = 0; units < 40; units += 3) {
        CAPTURE(units);
        stream.push(line);
        stream.push("a");
        for (std::size_t i = 0; i < units; ++i) host.frame(stream, 0);
        stream.cancel();
        CHECK_FALSE(stream.pull());
        CHECK_FALSE(host.frame(stream, 1));
        stream.push(line);
        check_same(host.all(stream, 1), expected);
    }
    stream.push(line);
    std::string before;
    while (host.frame(stream, 1)) {
        const std::string now = stream.so_far();
        CHECK(now.starts_with(before));
        before = now;
    }
    CHECK(before == expected[0].text);
    check_same(host.all(stream, 1), expected);
}

TEST_CASE("a translator on the oracle has no stream") {
    const TemporaryFolder folder;
    write_tiny_student(folder, {});
    Translator oracle = Translator::on_oracle(folder.path());
    expect_error(Status::usage, {"oracle"}, [&] { TranslationStream stream(oracle); });
}
