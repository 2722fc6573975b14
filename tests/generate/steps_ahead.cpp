// Several decode steps per wait: the device's search is the host's, bit by bit, and translations are the same whatever the
// number of steps.
#include "generate/ahead.h"

#include "checks/numbers.h"
#include "generate/model.h"
#include "support/expect_error.h"
#include "support/marian_writer.h"
#include "support/same_translations.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/tiny_student.h"

#include <attune/ops.hpp>
#include <attune/translator.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>

using namespace attune;
using namespace attune::test;
using search::SearchOptions;
using search::SentenceSearch;

namespace {

constexpr std::uint64_t slots = 8;

// ---- searches of noise ---------------------------------------------------------------------------

SearchOptions random_options(Random& random) {
    SearchOptions options;
    const bool    marian    = random.below(3) == 0;
    options.rules           = marian ? search::Rules::marian : search::Rules::hugging_face;
    options.beam_size       = 1 + random.below(random.below(4) ? 5 : 16);
    options.length_penalty  = std::array{0.0, 1.0, 2.0, -1.0}[random.below(4)];
    options.early_stopping  = static_cast<search::EarlyStopping>(random.below(3));
    options.max_length      = 1 + random.below(20);
    options.word_penalty    = marian ? 0.25 : 0;
    options.end_tokens      = {0};
    if (random.below(2) && options.beam_size <= 8) options.end_tokens.push_back(3);
    if (random.below(6) == 0) options.end_tokens.clear();
    return options;
}

// Candidates of a row, best first: few values, many ends, some missing.
void fill_row(std::span<std::uint32_t> ids, std::span<float> logs, Random& random) {
    std::vector<std::uint32_t> tokens(ids.size() + 4);
    for (std::uint32_t i = 0; i < tokens.size(); ++i) tokens[i] = i;
    for (std::size_t i = 0; i < ids.size(); ++i) std::swap(tokens[i], tokens[i + random.below(static_cast<std::uint32_t>(tokens.size() - i))]);
    for (float& log : logs) log = -0.25f * static_cast<float>(1 + random.below(7));
    std::ranges::sort(logs, std::greater{});
    std::ranges::copy(std::span(tokens).first(ids.size()), ids.begin());
    if (random.below(9)) return;
    for (std::size_t i = random.below(static_cast<std::uint32_t>(ids.size())); i < ids.size(); ++i) {
        ids[i]  = search::no_token;
        logs[i] = -std::numeric_limits<float>::infinity();
    }
}

Graph step_graph(const SearchOptions& options, std::uint64_t sentences) {
    Graph               g;
    const std::uint64_t rows = sentences * options.beam_size, k = search::candidates_per_row(options);
    const auto          state = [&](const char* name, const Shape& shape) { return g.state(name, {Type::u32, shape}); };
    const auto          shape = ahead::shape_of(options, slots).value();
    beam_step(g, {g.input("ids", {Type::u32, {rows, k}}), g.input("logs", {Type::f32, {rows, k}})},
              g.control("rules", {Type::u32, {shape.end_tokens + slots}}),
              {state("tokens", {rows, 1}), state("parents", {rows}), state("search", {1 + sentences, 6 + 2 * options.beam_size}),
               state("history", {rows, slots, 2 * k + 2})},
              {.beams = options.beam_size, .rules = shape.rules, .early_stopping = shape.early_stopping});
    return g;
}

// Both searches from one step to the next until all sentences have stopped; the numbers of steps in `steps`.
void search_both_ways(std::uint64_t seed, std::size_t& steps) {
    Random              random(seed);
    const SearchOptions options   = random_options(random);
    const std::uint64_t sentences = 1 + random.below(6), rows = sentences * options.beam_size, k = search::candidates_per_row(options);
    Session             session(main_device());
    const Program       program = session.prepare(step_graph(options, sentences));
    std::vector<SentenceSearch> searches(sentences, SentenceSearch(options));
    std::vector<bool>           stopped(sentences, false);
    session.set("tokens", Tensor({Type::u32, {rows, 1}}));
    session.set("parents", Tensor({Type::u32, {rows}}));
    for (std::uint32_t step = 0; std::ranges::find(stopped, false) != stopped.end(); ++step) {
        REQUIRE(step < options.max_length);
        if (step % slots == 0) {   // the host looks
            ahead::SearchTable table(sentences, options.beam_size);
            for (std::size_t s = 0; s < sentences; ++s)
                if (!stopped[s]) table.set(s, searches[s]);
            const auto rules = ahead::rules(options, step, slots);
            session.set("search", TensorView{{Type::u32, {1 + sentences, table.width()}}, std::as_bytes(std::span(table.words()))});
            session.set("rules", TensorView{{Type::u32, {rules.size()}}, std::as_bytes(std::span(rules))});
        }
        Tensor ids({Type::u32, {rows, k}}), logs({Type::f32, {rows, k}});
        for (std::uint64_t row = 0; row < rows; ++row) fill_row(ids.as<std::uint32_t>().subspan(row * k, k), logs.as<float>().subspan(row * k, k), random);
        session.set("ids", ids);
        session.set("logs", logs);
        session.run(program);
        const Tensor search = session.get("search"), tokens = session.get("tokens"), parents = session.get("parents"), history = session.get("history");
        const ahead::History record(history.as<std::uint32_t>(), slots, k);
        const std::uint64_t  width = search.desc().shape.width();
        std::uint32_t        going = 0;
        for (std::size_t s = 0; s < sentences; ++s) {
            if (stopped[s]) continue;
            std::vector<search::Candidate> candidates;
            for (std::uint64_t i = s * options.beam_size * k; i < (s + 1) * options.beam_size * k; ++i)
                candidates.push_back({ids.as<std::uint32_t>()[i], logs.as<float>()[i]});
            searches[s].step(candidates);
            ++steps;
            stopped[s] = searches[s].finished();
            going += !stopped[s];
            const auto word = search.as<std::uint32_t>().subspan((1 + s) * width, width);
            CHECK(word[3] == static_cast<std::uint32_t>(stopped[s]));
            if (stopped[s]) continue;
            ahead::check_choice(record, step % slots, s * options.beam_size, searches[s]);
            CHECK(word[4] == searches[s].state().finished.size());
            for (std::size_t row = 0; row < options.beam_size; ++row) {
                CHECK(word[6 + row] == std::bit_cast<std::uint32_t>(searches[s].state().rows[row].score));
                CHECK(tokens.as<std::uint32_t>()[s * options.beam_size + row] == searches[s].tokens()[row]);
                CHECK(parents.as<std::uint32_t>()[s * options.beam_size + row] == s * options.beam_size + searches[s].parents()[row]);
            }
            // GPUs may round quotients as they like.
            if (options.rules == search::Rules::hugging_face && (options.length_penalty == 0 || main_device().info().kind == DeviceInfo::Kind::cpu))
                for (std::size_t i = 0; i < searches[s].state().finished.size(); ++i)
                    CHECK(word[6 + options.beam_size + i] == std::bit_cast<std::uint32_t>(searches[s].state().finished[i].hypothesis.score));
        }
        CHECK(search.as<std::uint32_t>()[0] == going);
    }
}

}  // namespace

TEST_CASE("random searches: the device's step is the host's, bit by bit") {
    std::size_t steps = 0;
    for (std::uint64_t seed = 0; seed < std::max<std::size_t>(480 / row_share(), 40); ++seed) {
        CAPTURE(seed);
        search_both_ways(seed, steps);
    }
    CHECK(steps > 300);
}

// ---- translations --------------------------------------------------------------------------------

namespace {

struct Row {
    const char*      name;
    Json             changes;
    TranslateOptions options = {};
    bool             fewer   = true;   // waits, than steps
};

const Row rows[] = {
    {"greedy", {{"num_beams", 1}}},
    {"beams", {{"num_beams", 4}}, {.num_hypotheses = 3}},
    {"beams that stop early", {{"num_beams", 3}, {"early_stopping", true}, {"length_penalty", 0.5}}},
    {"renormalised", {{"num_beams", 2}, {"renormalize_logits", true}, {"bad_words_ids", Json::array({Json::array({11}), Json::array({5})})}}},
    {"a least length", {{"num_beams", 4}, {"min_length", 6}}},
    {"forced", {{"num_beams", 3}, {"forced_bos_token_id", 4}, {"max_length", 11}}},
    {"no repetition", {{"num_beams", 2}, {"no_repeat_ngram_size", 2}}, {}, false},
    {"bad words of two tokens", {{"bad_words_ids", Json::array({Json::array({3, 4})})}}, {}, false},
    {"aligned", {{"num_beams", 2}}, {.alignment = true}, false},
};

std::vector<std::string> lines_of_all_lengths() {
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < 14; ++i) lines.push_back(tiny_text(1 + i * 5 % 17, i));
    return lines;
}

}  // namespace

TEST_CASE("translations are the same at any number of steps per wait") {
    const std::size_t every = row_share() > 16 ? 4 : 1;
    for (std::size_t r = 0; r < std::size(rows); r += every) {
        const Row& row = rows[r];
        CAPTURE(row.name);
        const TemporaryFolder folder;
        write_tiny_model(folder, row.changes);
        const auto lines = lines_of_all_lengths();
        Translator one(main_device(), folder.path(), {.batch_rows = 32, .steps_per_wait = 1});
        const auto expected = one.translate(lines, row.options);
        CHECK(one.stats().host_waits >= one.stats().encoder_runs + one.stats().decoder_steps);
        for (const std::uint32_t steps : {2u, 3u, 8u}) {
            CAPTURE(steps);
            Translator translator(main_device(), folder.path(), {.batch_rows = 32, .steps_per_wait = steps});
            check_same(translator.translate(lines, row.options), expected);
            CHECK(translator.stats().decoder_steps == one.stats().decoder_steps);
            CHECK((translator.stats().host_waits < one.stats().host_waits) == row.fewer);
        }
    }
}

TEST_CASE("students with shortlists search on by Marian's rules") {
    const TemporaryFolder folder;
    const TinyStudent     student{.seed = 12};
    write_tiny_student(folder, student, StudentFile::bin, "beam-size: 4\nnormalize: 0.6\nword-penalty: 0.1\nmax-length-factor: 2.5\n");
    folder.write("lex.tiny.s2t.bin", shortlist_bytes(0, std::vector<std::vector<std::uint32_t>>(student.source_words, {5, 7})));
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < 12; ++i) lines.push_back(tiny_student_text(1 + i * 2 % 17, i, student.source_words));
    for (const std::uint32_t beams : {1u, 4u}) {
        const auto translations = [&](std::uint32_t steps) {
            Translator translator(main_device(), folder.path(), {.batch_rows = 32, .steps_per_wait = steps, .shortlist = true});
            return translator.translate(lines, {.beam_size = beams, .num_hypotheses = beams});
        };
        const auto expected = translations(1);
        for (const std::uint32_t steps : {3u, 8u}) check_same(translations(steps), expected);
    }
}

// ---- a device that is not to be trusted ----------------------------------------------------------

namespace {

// Says of one step that it went on with another token, or from another row.
class Liar final : public Runner {
public:
    Liar(std::unique_ptr<Runner> honest, std::size_t word) : honest_(std::move(honest)), word_(word) {}

    void set(const std::string& name, const TensorView& view) override { honest_->set(name, view); }
    void run(const NamedGraph& program, const std::atomic<bool>* cancel) override { honest_->run(program, cancel); }
    void run(const NamedGraph& program, const Repeats& repeats, const std::atomic<bool>* cancel) override { honest_->run(program, repeats, cancel); }
    std::uint32_t most_repeats(const NamedGraph& program) override { return honest_->most_repeats(program); }
    std::span<const std::uint32_t> integers(const std::string& output) override {
        const auto words = honest_->integers(output);
        if (output != marian::names::history) return words;
        changed_.assign(words.begin(), words.end());
        changed_.at(word_) ^= 1;
        return changed_;
    }
    std::span<const float> reals(const std::string& output) override { return honest_->reals(output); }
    std::uint64_t          prepared() const override { return honest_->prepared(); }
    std::uint64_t          submissions() const override { return honest_->submissions(); }

private:
    std::unique_ptr<Runner>    honest_;
    std::size_t                word_;
    std::vector<std::uint32_t> changed_;
};

}  // namespace

TEST_CASE("a device that goes on with something else is found") {
    const TemporaryFolder folder;
    write_tiny_model(folder, {{"num_beams", 2}});
    Model                                         model(nullptr, folder.path(), {});
    const std::vector<std::vector<std::uint32_t>> sources{{3, 4, 5, 0}};
    const std::uint64_t                           k = search::candidates_per_row(model.search_options({}));
    for (const std::size_t word : {2 * k, 2 * k + 1}) {   // the first row's token and parent, behind the first step
        Liar        runner(model.new_runner(), word);
        BatchCounts counts;
        Batch       batch(runner, model.config(), {.capacity = {.memory_tokens = 16, .rows = 2}, .sentences = 1},
                          {.sources = sources, .options = model.search_options({}), .cache_tokens = 32, .steps_per_wait = 8}, counts);
        expect_error(Status::device_failed, {"another token", "steps_per_wait"}, [&] {
            while (const auto work = batch.next()) {
                if (work->repeats) runner.run(*work->program, *work->repeats, nullptr);
                else runner.run(*work->program, nullptr);
                work->done(0);
            }
        });
    }
}
