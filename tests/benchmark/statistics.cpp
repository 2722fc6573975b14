// Statistics of samples, the timing of something that is run, and which roof binds it.
#include "bench/statistics.h"
#include "bench/measure.h"
#include "bench/roof_table.h"
#include "checks/numbers.h"
#include "support/expect_error.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <thread>

using namespace attune;
using namespace attune::bench;
using namespace attune::test;
using doctest::Approx;

TEST_CASE("quantiles") {
    struct Row {
        std::vector<double> samples;
        double              share, value;
    };
    const Row rows[] = {
        {{3}, 0.1, 3},           {{1, 2}, 0.5, 1.5},      {{9, 1, 5}, 0.5, 5},         {{4, 1, 3, 2}, 0.5, 2.5},
        {{1, 2, 3, 4, 5}, 0, 1}, {{1, 2, 3, 4, 5}, 1, 5}, {{1, 2, 3, 4, 5}, 0.1, 1.4}, {{1, 2, 3, 4, 5}, 0.9, 4.6},
        {{0, 10}, 0.25, 2.5},    {{7, 7, 7, 7}, 0.9, 7}};
    for (const Row& row : rows) CHECK(quantile(row.samples, row.share) == Approx(row.value));
}

TEST_CASE("the interval holds the median, is the same each time, and narrows with more samples") {
    Random              random(std::uint64_t{7});
    std::vector<double> few, many;
    for (int i = 0; i < 400; ++i) {
        const double sample = 100 + random.normal();
        if (i < 20) few.push_back(sample);
        many.push_back(sample);
    }
    const Interval of_few = median_interval(few), again = median_interval(few), of_many = median_interval(many);
    CHECK(of_few.low <= median(few));
    CHECK(of_few.high >= median(few));
    CHECK(of_few.low == again.low);
    CHECK(of_few.high == again.high);
    CHECK(of_many.high - of_many.low < 0.5 * (of_few.high - of_few.low));
    CHECK(of_many.low > 99.7);  // the deviation of the median of 400 is 0.06
    CHECK(of_many.high < 100.3);
    const Interval of_one = median_interval(std::vector<double>{3});
    CHECK(of_one.low == 3);
    CHECK(of_one.high == 3);
}

TEST_CASE("the interval covers the true median about as often as it says") {
    int covered = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Random              random(seed);
        std::vector<double> samples(20);
        for (double& sample : samples) sample = random.normal();
        const Interval interval = median_interval(samples);
        covered += interval.low <= 0 && 0 <= interval.high;
    }
    CHECK(covered >= 180);  // 95 % are 190; its deviation is 3
    CHECK(covered <= 199);
}

TEST_CASE("samples that agree") {
    struct Row {
        std::vector<double> samples;
        bool                agree;
    };
    for (const Row& row : {Row{{1}, true},
                           {{1, 1.019}, true},
                           {{1, 1.021}, false},
                           {{100, 101, 102}, true},
                           {{100, 101, 103}, false},
                           {{0, 0}, true}})
        CHECK(agree(row.samples, 0.02) == row.agree);
}

namespace {

// A thing to be timed that takes what a function of the number of calls so far says.
struct Subject {
    std::function<double(int call)> seconds;
    int                             calls   = 0;
    std::vector<std::uint32_t>      repeats = {};

    Sampler sampler() {
        return [this](std::uint32_t times, std::uint32_t samples) {
            std::vector<double> taken;
            for (std::uint32_t i = 0; i < samples; ++i) taken.push_back(seconds(calls++));
            repeats.push_back(times);
            return taken;
        };
    }
};

}  // namespace

TEST_CASE("a sample lasts a millisecond, whatever one run takes") {
    struct Row {
        double        seconds;
        std::uint32_t repeats;
    };
    for (const Row& row : {Row{3e-6, 334}, {3e-7, 3334}, {1e-9, 4096}, {0.9e-3, 2}, {1e-3, 1}, {1, 1}, {0, 4096}}) {
        CAPTURE(row.seconds);
        Subject      subject{[&](int) { return row.seconds; }};
        const Timing timing = measure(subject.sampler(), {.samples = 7});
        CHECK(timing.repeats == row.repeats);
        CHECK(timing.seconds == std::vector<double>(7, row.seconds));
        CHECK_FALSE(timing.unstable);
        CHECK(subject.repeats.back() == row.repeats);
    }
}

TEST_CASE("a first run that is slow does not decide how many runs a sample has") {
    Subject      subject{[](int call) { return call == 0 ? 0.5 : 1e-5; }};
    const Timing timing = measure(subject.sampler(), {.samples = 3});
    CHECK(timing.repeats == 100);
}

TEST_CASE("warming up ends when five agree, and none of its samples counts") {
    Subject      subject{[](int call) { return call < 30 ? 2e-3 - 5e-5 * call : 1e-3; }};
    const Timing timing = measure(subject.sampler(), {.samples = 5});
    CHECK(timing.seconds == std::vector<double>(5, 1e-3));
    CHECK_FALSE(timing.unstable);
}

TEST_CASE("what never settles is measured all the same, and marked") {
    Subject      subject{[](int call) { return call % 2 ? 1e-3 : 2e-3; }};
    const Timing timing = measure(subject.sampler(), {.samples = 6, .warm_up_seconds = 0.01});
    CHECK(timing.unstable);
    CHECK(timing.seconds.size() == 6);
}

TEST_CASE("what would take too long is not begun") {
    struct Row {
        double seconds, most;
        bool   begun;
    };
    for (const Row& row : {Row{1, 15, true}, {1, 14, false}, {1e-5, 0.016, true}, {1e-5, 0.014, false}}) {
        Subject      subject{[&](int) { return row.seconds; }};
        const Timing timing = measure(subject.sampler(), {.samples = 10, .most_seconds = row.most});
        CHECK(timing.seconds.empty() != row.begun);
        CHECK(row.begun == (timing.in_all == 0));
        if (!row.begun) CHECK(timing.in_all == Approx(15 * std::max(row.seconds, 1e-3)));
    }
}

TEST_CASE("what is around a run counts where it decides how long all samples take") {
    Subject      subject{[](int) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return 1e-3;
    }};
    const Timing timing = measure(subject.sampler(), {.samples = 10, .most_seconds = 0.05});
    CHECK(timing.seconds.empty());
    CHECK(timing.in_all >= 15 * 5e-3);
}

TEST_CASE("timing can be cancelled") {
    std::atomic<bool> cancel{false};
    Subject           subject{[&](int call) {
        if (call == 8) cancel = true;
        return 1e-3;
    }};
    expect_error(Status::cancelled, {"bench"},
                 [&] { measure(subject.sampler(), {.samples = 100, .cancel = &cancel}); });
    CHECK(subject.calls == 9);
}

TEST_CASE("the roof that binds is the one that takes longest") {
    RoofTable roofs;
    roofs.set(RoofKind::fma_f32, 1e12);
    roofs.set(RoofKind::read, 1e11);
    roofs.set(RoofKind::copy_shader, 5e10);
    roofs.set(RoofKind::dispatch_barrier, 1e5);
    struct Row {
        double      flop, bytes;
        const char* memory;
        std::size_t dispatches;
        const char* name;
        double      seconds;
    };
    const Row rows[] = {{1e12, 1e9, "read", 1, "fma_f32", 1},
                        {1e9, 1e11, "read", 1, "read", 1},
                        {1e9, 1e11, "copy_shader", 1, "copy_shader", 2},
                        {10, 10, "read", 3, "dispatch_barrier", 3e-5},
                        {1, 1e12, "", 1, "dispatch_barrier", 1e-5},
                        {1, 1, "exp2", 0, "fma_f32", 1e-12},
                        {0, 0, "read", 0, "", 0}};
    for (const Row& row : rows) {
        const auto bound =
            roofs.bound({.flop = row.flop, .bytes = row.bytes, .memory_roof = row.memory}, row.dispatches);
        CHECK(bound.name == row.name);
        CHECK(bound.seconds == Approx(row.seconds));
    }
    CHECK(RoofTable().bound({.flop = 1, .bytes = 1, .memory_roof = "read"}, 9).name.empty());
}
