// What several threads may do at once: eight of them on the sessions, streams and the queue of one device; two models on
// each of two devices. Each session is used by one thread at a time, as a host sees to by a lock of its own; devices,
// weights, pipelines, memory and what cancels are used without any. What they compute is compared here; what they do to
// each other's memory is told by ThreadSanitizer (preset tsan).
#include "checks/numbers.h"
#include "support/decoder_layer.h"
#include "support/own_device.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/tiny_student.h"

#include <attune/stream.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace attune;
using namespace attune::test;
using Progress = TranslationStream::Progress;

namespace {

const std::size_t rounds_played = row_share() == 1 ? 100 : 20;  // of each thread

// What went wrong on any thread. doctest is asked by one thread alone.
class Findings {
public:
    void add(const std::string& what) {
        const std::lock_guard guard(mutex_);
        if (all_.size() < 10) all_.push_back(what);
    }
    void expect(bool right, const std::string& what) {
        if (!right) add(what);
    }
    std::string text() const {
        std::string text;
        for (const std::string& one : all_) text += one + "\n";
        return text;
    }

private:
    std::mutex               mutex_;
    std::vector<std::string> all_;
};

// Calls `work(thread)` on so many threads and waits.
template <class Work> void on_threads(std::size_t count, Findings& findings, Work&& work) {
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < count; ++thread)
        threads.emplace_back([&, thread] {
            try {
                work(thread);
            } catch (const std::exception& error) { findings.add(error.what()); }
        });
    for (std::thread& thread : threads) thread.join();
}

// A model on a disk, lines, and what they are translated to.
struct TinyFolder {
    TemporaryFolder          folder;
    std::vector<std::string> lines;
    std::vector<Translation> expected;

    explicit TinyFolder(bool student) {
        if (student)
            write_tiny_student(folder, {.seed = 50}, StudentFile::int8);
        else
            write_tiny_model(folder);
        for (std::uint32_t i = 0; i < 6; ++i)
            lines.push_back(student ? tiny_student_text(1 + i * 2, i) : tiny_text(1 + i * 2, i));
        expected = Translator(main_device(), folder.path()).translate(lines);
    }

    bool right(std::size_t line, const Translation& found) const {
        const Hypothesis &a = found.hypotheses.at(0), &b = expected[line].hypotheses.at(0);
        return found.text == expected[line].text && a.tokens == b.tokens && a.score == b.score;
    }
};

// Somebody else's device, whose queue is used under a lock by attune and by the host itself.
struct SharedQueue {
    explicit SharedQueue(Findings& where) : findings(where), device(import()) {}

    void take() {
        mutex.lock();
        findings.expect(holders++ == 0, "the queue is used by two threads");
    }
    void leave() {
        --holders;
        mutex.unlock();
    }
    void submit_nothing() {
        take();
        const VkResult result = own.get<PFN_vkQueueSubmit>("vkQueueSubmit")(own.queue(), 0, nullptr, VK_NULL_HANDLE);
        leave();
        findings.expect(result == VK_SUCCESS, "the host cannot submit");
    }

    Findings&        findings;
    std::mutex       mutex;
    std::atomic<int> holders{0};
    OwnDevice        own;
    Device           device;

private:
    Device import() {
        Device::Import given = own.import(profile_caps());
        given.lock           = [this](std::uint32_t, std::uint32_t) { take(); };
        given.unlock         = [this](std::uint32_t, std::uint32_t) { leave(); };
        return Device::import(given);
    }
};

// ---- what one thread at a time works on ---------------------------------------------------------

class Task {
public:
    virtual ~Task() = default;
    // One thread at a time.
    virtual void step(std::size_t round, Findings& findings) = 0;
    // Any thread, meanwhile.
    virtual void disturb() {}

    std::mutex mutex;
};

// The decoder layer's first step, over weights that are shared: run, or submitted in pieces; and now and then prepared
// anew with states of another size, whose pipelines any thread makes.
class GraphTask final : public Task {
public:
    GraphTask(const Device& device, const Weights& weights, const std::vector<Tensor>& expected)
        : expected_(expected), session_(device, weights, std::make_shared<Frames>(2)) {}

    void step(std::size_t round, Findings& findings) override {
        if (round % 5 == 0)
            program_ =
                session_.prepare(decoder_layer_step(layer_capacity + 8 * (round / 5 % 4)), "graph", Compile::later);
        const std::size_t token = round % expected_.size();
        session_.set("x", decoder_layer_token(static_cast<int>(token)));
        session_.set("position", Tensor({Type::u32, {layer_batch}}));
        if (round % 3 == 0)
            session_.run(program_);
        else
            submit();
        findings.expect(bit_difference(session_.get("y"), expected_[token]).empty(), "a graph gives something else");
    }

private:
    void submit() {
        session_.begin(program_);
        for (bool done = false; !done;) {
            done = session_.submit_next(Budget(1, 3));
            if (!session_.poll()) session_.wait();
        }
        session_.wait();
    }

    const std::vector<Tensor>& expected_;
    Session                    session_;
    Program                    program_;
};

// A line at a time, which somebody may cancel.
class StreamTask final : public Task {
public:
    StreamTask(Translator& translator, const TinyFolder& folder)
        : folder_(folder), stream_(translator, {}, {.slots = 2, .compile = Compile::later}) {}

    void step(std::size_t round, Findings& findings) override {
        const std::size_t line = round % folder_.lines.size();
        stream_.push(folder_.lines[line]);
        for (;;) {
            const Progress progress = stream_.submit(Budget(1, 40));
            stream_.poll();
            if (const auto translation = stream_.pull()) {
                findings.expect(folder_.right(line, *translation), "a line is translated to something else");
                ++translated;
                return;
            }
            if (progress == Progress::idle) return;  // cancelled
            if (progress == Progress::waiting) std::this_thread::yield();
        }
    }

    void disturb() override {
        if (++disturbed_ % 8 == 0) stream_.cancel();
    }

    std::atomic<std::size_t> translated{0};

private:
    const TinyFolder&        folder_;
    TranslationStream        stream_;
    std::atomic<std::size_t> disturbed_{0};
};

// Lines at once, by the translator whose streams are at work.
class LineTask final : public Task {
public:
    LineTask(Translator& translator, const TinyFolder& folder) : folder_(folder), translator_(translator) {}

    void step(std::size_t round, Findings& findings) override {
        const std::size_t line = round % folder_.lines.size();
        findings.expect(folder_.right(line, translator_.translate(folder_.lines[line])),
                        "translate() gives something else beside streams");
    }

private:
    const TinyFolder& folder_;
    Translator&       translator_;
};

// A model whose weights come in pieces, which somebody may cancel; and then translates.
class LoadTask final : public Task {
public:
    LoadTask(const Device& device, const TinyFolder& folder)
        : folder_(folder), translator_(device, folder.folder.path(), {.load_later = true}) {}

    void step(std::size_t round, Findings& findings) override {
        if (!loaded) {
            try {
                loaded = translator_.load_next({}, 6000);
            } catch (const Error& error) { findings.expect(error.status() == Status::cancelled, error.what()); }
            return;
        }
        const std::size_t line = round % folder_.lines.size();
        findings.expect(folder_.right(line, translator_.translate(folder_.lines[line])),
                        "a model loaded in pieces gives something else");
    }

    void disturb() override {
        if (++disturbed_ % 3 == 0) translator_.cancel_load();
    }

    std::atomic<bool> loaded{false};

private:
    const TinyFolder&        folder_;
    Translator               translator_;
    std::atomic<std::size_t> disturbed_{0};
};

std::vector<Tensor> first_steps() {
    const Graph         graph  = decoder_layer_step();
    WeightMap           source = decoder_layer_weights();
    const Weights       weights(main_device(), source, std::span(&graph, 1));
    std::vector<Tensor> results;
    for (int token = 0; token < 3; ++token) {
        Session session(main_device(), weights);
        session.set("x", decoder_layer_token(token));
        session.run(session.prepare(graph));
        results.push_back(session.get("y"));
    }
    return results;
}

// A session of the thread's own, over weights that all share: memory and wanted pipelines come and go.
void prepare_and_drop(const Device& device, const Weights& weights, std::size_t round) {
    Session session(device, weights);
    session.prepare(decoder_layer_step(layer_capacity + 8 * (round % 4)), "graph", Compile::later);
}

// What a device is asked by any thread.
void ask(const Device& device, std::size_t round, Findings& findings) {
    Device shared = device.share();
    if (round % 2 == 0) shared.compile_next();
    findings.expect(shared.memory_used() <= shared.memory_peak(), "more memory is used than ever");
    shared.memory(MemoryClass::state);
    shared.pipelines_left();
    if (round % 8 == 1) findings.expect(shared.report().starts_with("{"), "the report is none");
    if (round % 16 == 3) shared.import_cache(shared.export_cache());
    if (round % 16 == 5) shared.trim(std::uint64_t{1} << 40);
    findings.expect(!shared.lost(), "the device is lost");
}

}  // namespace

TEST_CASE("eight threads on the sessions, streams and the queue of one device") {
    const TinyFolder          student(true), model(false);
    const std::vector<Tensor> expected = first_steps();
    Findings                  findings;
    SharedQueue               host(findings);
    const Graph               graph  = decoder_layer_step();
    WeightMap                 source = decoder_layer_weights();
    const Weights             weights(host.device, source, std::span(&graph, 1));
    Translator                translator(host.device, student.folder.path());
    GraphTask                 graphs[]  = {{host.device, weights, expected}, {host.device, weights, expected}};
    StreamTask                streams[] = {{translator, student}, {translator, student}};
    LoadTask                  load(host.device, model);
    LineTask                  lines(translator, student);
    Task* const               tasks[] = {&graphs[0], &streams[0], &load, &graphs[1], &streams[1], &lines};
    std::atomic<std::size_t>  rounds[std::size(tasks)]{};
    on_threads(8, findings, [&](std::size_t thread) {
        for (std::size_t round = 0; round < rounds_played; ++round) {
            const std::size_t which = (thread + round) % std::size(tasks);
            tasks[(which + 1 + thread) % std::size(tasks)]->disturb();
            {
                const std::lock_guard guard(tasks[which]->mutex);
                tasks[which]->step(rounds[which]++, findings);
            }
            prepare_and_drop(host.device, weights, thread + round);
            ask(host.device, thread + round, findings);
            host.submit_nothing();
        }
    });
    while (!load.loaded) load.step(0, findings);  // it may have been cancelled each time
    load.step(0, findings);
    CHECK(findings.text() == "");
    for (const StreamTask& stream : streams) CHECK(stream.translated > rounds_played / 2);
    CHECK(host.holders == 0);
}

TEST_CASE("two devices and two models, all at the same time") {
    const TinyFolder    folders[] = {TinyFolder(true), TinyFolder(false)};
    const OwnDevice     owns[2];
    Findings            findings;
    std::vector<Device> devices;
    for (const OwnDevice& own : owns) devices.push_back(Device::import(own.import(profile_caps())));
    on_threads(4, findings, [&](std::size_t thread) {
        const TinyFolder& folder = folders[thread % 2];
        const Device&     device = devices[thread / 2];
        for (int life = 0; life < 3; ++life) {
            Translator translator(device, folder.folder.path());
            const auto found = translator.translate(folder.lines);
            for (std::size_t line = 0; line < found.size(); ++line)
                findings.expect(folder.right(line, found[line]), "a line is translated to something else");
        }
    });
    CHECK(findings.text() == "");
    for (const Device& device : devices) CHECK(device.memory_used() == 0);
}
