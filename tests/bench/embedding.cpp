// What a guest costs its host:   bench_embedding MODEL [LINES]
// CPU time to record, cost of units, translation within a frame's budget against translation without one. Every
// translation is compared with Translator::translate() in the same process; one that differs ends the program with 1.
#include "support/host_frames.h"

#include <attune/stream.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

using namespace attune;
using namespace attune::test;
using Clock    = std::chrono::steady_clock;
using Progress = TranslationStream::Progress;

namespace {

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double quantile(std::vector<double> values, double q) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

struct Bench {
    OwnDevice                own;
    Device                   device = Device::import(own.import());
    Translator               translator;
    TranslateOptions         greedy;
    std::vector<std::string> lines;
    std::vector<Translation> expected;

    Bench(const char* folder, std::vector<std::string> text, TranslateOptions options)
        : translator(device, folder), greedy(std::move(options)), lines(std::move(text)) {
        greedy.beam_size = 1;
        expected         = translator.translate(lines, greedy);
    }

    void check(const std::vector<Translation>& found) const {
        bool same = found.size() == expected.size();
        for (std::size_t i = 0; same && i < found.size(); ++i) same = found[i].hypotheses[0].tokens == expected[i].hypotheses[0].tokens;
        if (same) return;
        std::fprintf(stderr, "a translation differs from the one without frames\n");
        std::exit(1);
    }
};

struct Run {
    double              seconds = 0;
    std::size_t         tokens = 0, frames = 0;
    std::vector<double> record, slice, stated, unit;   // seconds: on the CPU; wall of a frame; stated; of single units
};

// Translates all lines within frames of such a budget, waiting for each frame.
Run translate(Bench& bench, TranslationStream& stream, HostFrames& host, const Budget& budget) {
    Run                      run;
    std::vector<Translation> found;
    for (const std::string& line : bench.lines) stream.push(line);
    const auto start = Clock::now();
    for (;;) {
        Progress            progress = Progress::idle;
        const auto          begin    = Clock::now();
        double              record   = 0;
        const std::uint64_t frame    = host.frame([&](const FrameTarget& target) {
            const auto before = Clock::now();
            progress          = stream.step(target, budget);
            record            = seconds_since(before);
        });
        host.wait(frame);
        const double slice = seconds_since(begin);
        stream.retire(frame);
        while (auto translation = stream.pull()) found.push_back(std::move(*translation));
        if (progress == Progress::idle) break;
        ++run.frames;
        run.record.push_back(record);
        run.slice.push_back(slice);
        run.stated.push_back(stream.last_step().seconds);
        if (stream.last_step().dispatches == 1) run.unit.push_back(stream.last_step().seconds);
    }
    run.seconds = seconds_since(start);
    for (const Translation& one : found) run.tokens += one.hypotheses[0].tokens.size();
    bench.check(found);
    return run;
}

// The first pass for a line is the encoder's, all others are steps.
void print_recording(Bench& bench, TranslationStream& stream, HostFrames& host) {
    std::vector<double>            encoder, step;
    const std::vector<std::string> all = std::exchange(bench.lines, {});
    const auto                     expected = std::exchange(bench.expected, {});
    for (std::size_t i = 0; i < all.size(); ++i) {
        bench.lines    = {all[i]};
        bench.expected = {expected[i]};
        const Run run  = translate(bench, stream, host, {});
        encoder.push_back(run.record.front());
        step.insert(step.end(), run.record.begin() + 1, run.record.end());
    }
    bench.lines    = all;
    bench.expected = expected;
    std::printf("recording one encoder pass and one step, one line: median %.3f ms, p95 %.3f ms of CPU time\n",
                1e3 * (quantile(encoder, 0.5) + quantile(step, 0.5)), 1e3 * (quantile(encoder, 0.95) + quantile(step, 0.95)));
}

void print_units(Bench& bench, TranslationStream& stream, HostFrames& host, const char* what) {
    const Run run = translate(bench, stream, host, {0.0});
    std::printf("units of %s: %zu, stated cost median %.3f ms, p99 %.3f ms, longest %.3f ms\n", what, run.unit.size(), 1e3 * quantile(run.unit, 0.5),
                1e3 * quantile(run.unit, 0.99), 1e3 * quantile(run.unit, 1));
}

void print_slicing(Bench& bench, TranslationStream& stream, HostFrames& host) {
    constexpr double    budget = 4e-3;
    std::vector<double> ratios, overruns;
    for (int round = 0; round < 5; ++round) {   // by turns, so that both meet the same machine
        const Run sliced = translate(bench, stream, host, {budget}), whole = translate(bench, stream, host, {});
        ratios.push_back(whole.seconds / sliced.seconds);   // of the same tokens
        for (const double slice : sliced.slice) overruns.push_back(slice);
        if (round == 4)
            std::printf("%zu lines: %.0f tokens/s in %zu slices of 4 ms, %.0f without slicing in %zu passes\n", bench.lines.size(), static_cast<double>(sliced.tokens) / sliced.seconds,
                        sliced.frames, static_cast<double>(whole.tokens) / whole.seconds, whole.frames);
    }
    std::printf("sliced at 4 ms / unsliced: median %.2f of 5 rounds by turns (%.2f to %.2f)\n", quantile(ratios, 0.5), quantile(ratios, 0), quantile(ratios, 1));
    std::printf("a slice from recording to its end: p50 %.2f ms, p95 %.2f ms, p99 %.2f ms\n", 1e3 * quantile(overruns, 0.5), 1e3 * quantile(overruns, 0.95), 1e3 * quantile(overruns, 0.99));
}

void print_cancel(Bench& bench, TranslationStream& stream, HostFrames& host) {
    std::vector<double> latencies;
    for (std::size_t units = 1; units < 60; units += 7) {
        for (const std::string& line : bench.lines) stream.push(line);
        std::uint64_t frame = 0;
        for (std::size_t i = 0; i < units; ++i) {
            frame = host.frame([&](const FrameTarget& target) { stream.step(target, {0.0}); });
            if (i + 1 == units) break;
            host.wait(frame);
            stream.retire(frame);
        }
        const auto start = Clock::now();
        stream.cancel();
        host.wait(frame);   // what had been submitted: one unit
        stream.retire(frame);
        Progress progress = Progress::recorded;
        host.frame([&](const FrameTarget& target) { progress = stream.step(target, {}); });
        latencies.push_back(seconds_since(start));
        if (progress != Progress::idle) std::exit(1);
    }
    std::printf("from cancel() until the device is free of it: median %.3f ms, longest %.3f ms\n", 1e3 * quantile(latencies, 0.5), 1e3 * quantile(latencies, 1));
}

}  // namespace

int main(int count, char** words) try {
    if (count < 2) return std::fprintf(stderr, "usage: bench_embedding MODEL [LINES [TARGET_LANGUAGE]]\n"), 2;
    std::vector<std::string> lines;
    std::ifstream            file(count > 2 ? words[2] : "");
    for (std::string line; count > 2 && std::getline(file, line) && lines.size() < 32;) lines.push_back(line);
    if (lines.empty()) lines = {"Good morning!", "Where is the nearest station?", "I would like a cup of tea, please.", "The train leaves in ten minutes."};
    Bench bench(words[1], lines, {.target_language = count > 3 ? words[3] : ""});
    std::printf("%s, driver %s, %zu lines\n", bench.device.info().name.c_str(), bench.device.info().driver.c_str(), lines.size());
    HostFrames        host(bench.own, 2);
    TranslationStream stream(bench.translator, bench.greedy, {.slots = 2});
    stream.prepare({.lines = static_cast<std::uint32_t>(lines.size()), .source_tokens = 512});
    std::printf("weights %.1f MB, all device memory %.1f MB\n", 1e-6 * static_cast<double>(bench.translator.loading().in_all), 1e-6 * static_cast<double>(bench.device.memory_used()));
    for (int warm = 0; warm < 3; ++warm) translate(bench, stream, host, {});
    print_recording(bench, stream, host);
    print_units(bench, stream, host, "all lines together");
    print_slicing(bench, stream, host);
    print_cancel(bench, stream, host);
} catch (const std::exception& error) { return std::fprintf(stderr, "%s\n", error.what()), 1; }
