// Translations that are cut by budgets, and cancelled wherever they can be.
#include "support/host_frames.h"
#include "support/same_translations.h"
#include "support/stated_costs.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/tiny_student.h"

#include <attune/stream.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace attune;
using namespace attune::test;
using Progress = TranslationStream::Progress;

namespace {

constexpr double forever = std::numeric_limits<double>::infinity();

// Whether it is a student; where little time is, that alone.
std::vector<bool> models() { return row_share() < 20 ? std::vector<bool>{true, false} : std::vector<bool>{true}; }

// A host that knows what units cost, and a model.
struct Host {
    VulkanShim               shim;
    OwnDevice                own;
    TemporaryFolder          folder;
    Device                   device;
    HostFrames               frames;
    std::vector<std::string> lines;

    explicit Host(bool student, double scale = 1)
        : device([&] {
              Device::Import import    = own.import(profile_caps());
              import.get_instance_proc = shim.get_instance_proc();
              return Device::import(import);
          }()),
          frames(own, 1) {
        state_costs(shim, scale);
        if (student)
            write_tiny_student(folder, {.seed = 41}, StudentFile::int8);
        else
            write_tiny_model(folder);
        for (std::uint32_t i = 0; i < 4; ++i)
            lines.push_back(student ? tiny_student_text(2 + i * 3 % 7, i) : tiny_text(2 + i * 3 % 7, i));
    }

    Progress step(TranslationStream& stream, const Budget& budget) {
        Progress            progress = Progress::idle;
        const std::uint64_t frame =
            frames.frame([&](const FrameTarget& target) { progress = stream.step(target, budget); });
        frames.wait(frame);
        stream.retire(frame);
        return progress;
    }

    // All translations, calling `seen` after each step.
    template <class Seen> std::vector<Translation> all(TranslationStream& stream, const Budget& budget, Seen&& seen) {
        std::vector<Translation> found;
        while (step(stream, budget) == Progress::recorded) {
            seen(stream.last_step());
            while (auto translation = stream.pull()) found.push_back(std::move(*translation));
        }
        return found;
    }
};

}  // namespace

TEST_CASE("a step holds as many units as fit into the budget, and translations are the same") {
    if (profile() == "swiftshader") return;   // compiles for a long time for a device of this file's own
    for (const bool student : models()) {
        CAPTURE(student);
        Host              host(student);
        Translator        translator(host.device, host.folder.path());
        const auto        expected = translator.translate(host.lines);
        TranslationStream stream(translator);
        const auto        translate = [&](const Budget& budget, const auto& seen) {
            for (const std::string& line : host.lines) stream.push(line);
            check_same(host.all(stream, budget, seen), expected);
        };
        for (int i = 0; i < 3; ++i) translate({}, [](const auto&) {});  // the clock is read
        double longest_unit = 0;
        for (const double budget : slice_budgets) {
            CAPTURE(budget);
            std::size_t pieces = 0, cut = 0;
            translate({budget}, [&](const TranslationStream::Step& step) {
                ++pieces;
                cut += step.left > 0;
                CHECK(step.dispatches > 0);
                CHECK((step.dispatches == 1 || step.seconds <= budget));
                if (step.left) CHECK(step.seconds + step.next_seconds > budget);
                longest_unit = std::max(longest_unit, step.next_seconds);
            });
            CHECK(cut > 0);
            CHECK(cut < pieces);
        }
        CHECK(longest_unit == doctest::Approx(13e-3));
        for (const std::uint64_t most : {1u, 3u, 1000u})
            translate(Budget(forever, most), [&](const TranslationStream::Step& step) {
                CHECK(step.dispatches <= most);
                CHECK((step.left == 0 || step.dispatches == most));
            });
        translate(Budget(forever, 1000, 0.0), [](const TranslationStream::Step& step) { CHECK(step.dispatches == 1); });
    }
}

TEST_CASE("cancelled behind any unit, a stream translates what comes next") {
    if (profile() == "swiftshader") return;   // compiles for a long time for a device of this file's own
    for (const bool student : models()) {
        CAPTURE(student);
        Host              host(student);
        Translator        translator(host.device, host.folder.path());
        const auto        expected = translator.translate(host.lines);
        const Budget      one(forever, 1);
        TranslationStream stream(translator);
        const auto        push = [&](std::size_t line) { stream.push(host.lines[line]); };
        push(0);
        std::size_t units = 0;
        check_same(host.all(stream, one, [&](const auto&) { ++units; }), {expected[0]});
        CHECK(units > 40);
        const std::size_t stride = 10 * row_share() - 9;
        for (std::size_t unit = 0; unit <= units; unit += stride) {
            CAPTURE(unit);
            push(0);
            for (std::size_t i = 0; i < unit; ++i) CHECK(host.step(stream, one) == Progress::recorded);
            stream.cancel();
            CHECK_FALSE(stream.pull());
            CHECK(host.step(stream, one) == Progress::idle);
            push(1 + unit % 3);
            check_same(host.all(stream, {}, [](const auto&) {}), {expected[1 + unit % 3]});
        }
    }
}

// E11 as far as no GPU is needed: frames of a host's own, and in each what a budget lets attune add, both by the test's clock.
TEST_CASE("at 60 Hz the host's 99th percentile grows by no more than the budget") {
    if (profile() == "swiftshader") return;   // compiles for a long time for a device of this file's own
    constexpr double  budget = 2, scale = 0.15;   // milliseconds; the longest unit is 1.95
    Host              host(true, scale);
    Translator        translator(host.device, host.folder.path());
    TranslationStream stream(translator);
    const auto        expected = translator.translate(host.lines);
    const auto        p99      = [](std::vector<double> milliseconds) {
        std::sort(milliseconds.begin(), milliseconds.end());
        return milliseconds.at(milliseconds.size() * 99 / 100);
    };
    for (const std::string& line : host.lines) stream.push(line);
    host.all(stream, {}, [](const auto&) {});  // the clock is read

    std::vector<double> off, on;
    std::size_t         unit = 0;
    for (int round = 0; round < 3; ++round) {
        for (const std::string& line : host.lines) stream.push(line);
        const auto found = host.all(stream, {budget * 1e-3}, [&](const TranslationStream::Step& step) {
            off.push_back(8 + 0.4 * static_cast<double>(off.size() * 7 % 11));
            on.push_back(off.back());
            for (std::uint64_t i = 0; i < step.dispatches; ++i) on.back() += scale * stated_milliseconds(unit++);
            if (step.left == 0) unit = 0;
        });
        check_same(found, expected);
    }
    CHECK(off.size() > 200);
    CHECK(p99(on) <= p99(off) + budget);
    CHECK(p99(on) > p99(off) + budget / 2);   // and it is used
}
