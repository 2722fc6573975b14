#include "search/sentence_search.h"

#include "search/bans.h"
#include "search/dense_reference.h"
#include "support/expect_error.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

using namespace attune;
using namespace attune::search;
using test::expect_error;

namespace {

using Ids                = std::vector<std::uint32_t>;
constexpr float infinity = std::numeric_limits<float>::infinity();

// A language model made of noise: logits depend on the whole sequence. `steps` > 0 rounds them to
// multiples of 1 / steps, which makes many equal scores.
class NoiseModel {
public:
    NoiseModel(std::uint32_t seed, std::uint32_t vocabulary, double spread, int steps, double end_bias, Ids ends)
        : seed_(seed), vocabulary_(vocabulary), spread_(spread), steps_(steps), end_bias_(end_bias),
          ends_(std::move(ends)) {}

    std::vector<float> operator()(const Ids& ids) const {
        std::uint32_t hash = seed_;
        for (const std::uint32_t id : ids) hash = (hash ^ (id + 0x9E3779B9u)) * 0x85EBCA6Bu + (hash >> 13);
        std::mt19937       random(hash);
        std::vector<float> out;
        for (std::uint32_t v = 0; v < vocabulary_; ++v) {
            const double unit  = static_cast<double>(random()) / 4294967296.0;
            double       value = (unit - 0.5) * spread_ + (std::count(ends_.begin(), ends_.end(), v) ? end_bias_ : 0.0);
            if (steps_ > 0) value = std::round(value * steps_) / steps_;
            out.push_back(static_cast<float>(value));
        }
        return out;
    }

private:
    std::uint32_t seed_, vocabulary_;
    double        spread_;
    int           steps_;
    double        end_bias_;
    Ids           ends_;
};

// What the device does: the best of the row's tokens that are not banned, normalised over all of them.
void append_candidates(std::vector<Candidate>& out, const std::vector<float>& logits, const Ids& banned,
                       std::size_t count) {
    const std::vector<float> lp = test::log_softmax(logits);
    std::vector<Candidate>   row;
    for (std::uint32_t v = 0; v < lp.size(); ++v)
        if (!std::binary_search(banned.begin(), banned.end(), v)) row.push_back({v, lp[v]});
    std::stable_sort(row.begin(), row.end(),
                     [](const Candidate& a, const Candidate& b) { return a.log_probability > b.log_probability; });
    row.resize(count, no_candidate);
    out.insert(out.end(), row.begin(), row.end());
}

// Runs a search as a host would: it knows only tokens(), parents() and banned(), and keeps each row's
// sequence itself, the way a device keeps its caches.
std::vector<Hypothesis> run(const NoiseModel& model, const SearchOptions& options) {
    SentenceSearch   search(options);
    std::vector<Ids> rows(search.rows());
    std::uint32_t    steps = 0;
    while (!search.finished()) {
        REQUIRE(steps++ < options.max_length);
        std::vector<Ids>       moved;
        std::vector<Candidate> candidates;
        for (std::uint32_t row = 0; row < search.rows(); ++row) {
            REQUIRE(search.parents()[row] < search.rows());
            moved.push_back(rows[search.parents()[row]]);
            moved.back().push_back(search.tokens()[row]);
            const Ids banned = search.banned(row);
            CHECK(std::is_sorted(banned.begin(), banned.end()));
            CHECK(std::adjacent_find(banned.begin(), banned.end()) == banned.end());
            append_candidates(candidates, model(moved.back()), banned, candidates_per_row(options));
        }
        rows = std::move(moved);
        search.step(candidates);
    }
    return search.hypotheses();
}

struct RandomCase {
    SearchOptions options;
    std::uint32_t vocabulary;
    double        spread, end_bias;
    int           steps;
};

RandomCase random_case(std::mt19937& random) {
    const auto     pick = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    RandomCase     c;
    SearchOptions& o         = c.options;
    c.vocabulary             = 3 + pick(12);
    const std::uint32_t ends = pick(8) == 0 ? 0 : 1 + pick(std::min(3u, c.vocabulary - 2));
    while (o.end_tokens.size() < ends)
        if (const std::uint32_t id = pick(c.vocabulary); std::count(o.end_tokens.begin(), o.end_tokens.end(), id) == 0)
            o.end_tokens.push_back(id);
    o.start_token            = pick(c.vocabulary);
    o.beam_size              = 1 + pick(6);
    o.num_hypotheses         = 1 + pick(o.beam_size);
    const double penalties[] = {0, 0.6, 1, 1, 2, -0.5};
    o.length_penalty         = penalties[pick(6)];
    o.early_stopping         = static_cast<EarlyStopping>(pick(3));
    o.max_length             = 1 + pick(14);
    if (pick(3) == 0) o.min_length = pick(o.max_length + 1);
    if (pick(3) == 0) o.no_repeat_ngram = 1 + pick(3);
    if (pick(2) == 0)
        for (std::uint32_t words = 1 + pick(3); words > 0; --words) {
            Ids word(1 + pick(3));
            for (std::uint32_t& id : word) id = pick(c.vocabulary);
            o.bad_words.push_back(word);
        }
    if (pick(4) == 0) o.forced_first = pick(c.vocabulary);
    if (pick(4) == 0) o.forced_last = ends > 0 ? o.end_tokens[0] : pick(c.vocabulary);
    if (pick(3) == 0) {
        o.rules        = Rules::marian;
        o.word_penalty = pick(2) == 0 ? 0 : 0.25 * (pick(5) - 1.0);
    }
    const double spreads[] = {0.5, 3, 10};
    c.spread               = spreads[pick(3)];
    const double biases[]  = {-3, 0, 0, 2, 5};
    c.end_bias             = biases[pick(5)];
    c.steps                = pick(2) == 0 ? 0 : 1 + static_cast<int>(pick(4));
    return c;
}

std::vector<test::DenseResult> dense_search(const NoiseModel& model, const SearchOptions& options) {
    if (options.rules == Rules::marian) return test::dense_marian_search(model, options);
    return options.beam_size == 1 ? test::dense_greedy_search(model, options) : test::dense_beam_search(model, options);
}

}   // namespace

TEST_CASE("random searches equal the dense reference, scores bit by bit") {
    std::mt19937 random(20'240'607);
    int          compared = 0, several = 0, ended_early = 0, stuck = 0;
    for (std::uint32_t number = 0; number < 12'000; ++number) {
        CAPTURE(number);
        const RandomCase     c = random_case(random);
        const SearchOptions& o = c.options;
        const NoiseModel     model(number, c.vocabulary, c.spread, c.steps, c.end_bias, o.end_tokens);
        const auto           expected = dense_search(model, o);
        const auto found = run(model, o);
        if (expected.empty()) {   // everything was banned: the reference has nothing, we give the best row
            ++stuck;
            CHECK(found.size() == 1);
            continue;
        }
        ++compared;
        several += expected.size() > 1 ? 1 : 0;
        ended_early += expected[0].tokens.size() < o.max_length ? 1 : 0;
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            CAPTURE(i);
            REQUIRE(found[i].tokens == expected[i].tokens);
            REQUIRE(found[i].score == expected[i].score);
        }
    }
    CHECK(compared > 10'000);   // and the cases are not all of one kind
    CHECK(several > 3'000);
    CHECK(ended_early > 3'000);
    CHECK(stuck < 1'500);
}

TEST_CASE("properties that hold after every step") {
    std::mt19937 random(7);
    for (std::uint32_t number = 0; number < 1'000; ++number) {
        CAPTURE(number);
        const RandomCase     c = random_case(random);
        const SearchOptions& o = c.options;
        const NoiseModel     model(number + 99, c.vocabulary, c.spread, c.steps, c.end_bias, o.end_tokens);
        SentenceSearch       search(o);
        while (!search.finished()) {
            const BeamState        before = search.state();
            std::vector<Candidate> candidates;
            for (std::uint32_t row = 0; row < search.rows(); ++row) {
                Ids ids = before.rows[row].tokens;
                ids.insert(ids.begin(), o.start_token);
                append_candidates(candidates, model(ids), search.banned(row), candidates_per_row(o));
            }
            search.step(candidates);
            const BeamState& after = search.state();
            const BeamState  again = beam_step(before, candidates, o);   // pure
            REQUIRE(again.rows.size() == o.beam_size);
            REQUIRE(after.rows.size() == o.beam_size);
            REQUIRE(after.finished.size() <= o.beam_size);
            const bool advanced = after.length == before.length + 1;
            CHECK((advanced || after.stopped));
            CHECK(after.length <= o.max_length);
            for (std::size_t row = 0; advanced && row < after.rows.size(); ++row) {
                const Beam& beam = after.rows[row];
                CHECK(beam.tokens.size() == after.length);
                CHECK(std::equal(beam.tokens.begin(), beam.tokens.end() - 1, before.rows[beam.parent].tokens.begin()));
                CHECK(beam.tokens == again.rows[row].tokens);
                CHECK(beam.score == again.rows[row].score);
                if (row > 0) CHECK(after.rows[row - 1].score >= beam.score);
            }
            for (std::size_t i = 1; i < after.finished.size(); ++i)
                CHECK(after.finished[i - 1].hypothesis.score >= after.finished[i].hypothesis.score);
        }
        std::set<Ids> different;
        for (const Hypothesis& h : search.hypotheses()) {
            CHECK(different.insert(h.tokens).second);
            CHECK(h.tokens.size() <= o.max_length);
        }
        CHECK(!different.empty());
    }
}

namespace {

struct BanCase {
    const char*   name;
    Ids           tokens;
    SearchOptions options;
    Ids           banned;
};

}   // namespace

TEST_CASE("banned tokens") {
    const BanCase cases[] = {
        {"nothing", {5, 6}, {}, {}},
        {"single bad words, sorted, once", {}, {.bad_words = {{9}, {3}, {9}}}, {3, 9}},
        {"an end token is no bad word", {}, {.end_tokens = {3}, .bad_words = {{3}, {4}}}, {4}},
        {"the start of a bad word is there", {1, 2}, {.bad_words = {{1, 2, 3}}}, {3}},
        {"the start of a bad word is not at the end", {1, 2, 5}, {.bad_words = {{1, 2, 3}}}, {}},
        {"a bad word that begins with the start token", {}, {.start_token = 8, .bad_words = {{8, 3}}}, {3}},
        {"a bad word longer than the sequence", {2}, {.bad_words = {{1, 7, 2, 3}}}, {}},
        {"an end token ends a bad word", {1}, {.end_tokens = {3}, .bad_words = {{1, 3}}}, {3}},
        {"too short to end", {5}, {.min_length = 3, .end_tokens = {4, 2}}, {2, 4}},
        {"just long enough to end", {5, 5}, {.min_length = 3, .end_tokens = {4, 2}}, {}},
        {"unigrams, the start token too", {5, 6, 5}, {.no_repeat_ngram = 1, .start_token = 8}, {5, 6, 8}},
        {"bigrams", {5, 6, 5}, {.no_repeat_ngram = 2, .start_token = 8}, {6}},
        {"bigrams with two continuations", {5, 6, 5, 7, 5}, {.no_repeat_ngram = 2}, {6, 7}},
        {"bigrams from the start token", {8}, {.no_repeat_ngram = 2, .start_token = 8}, {8}},
        {"trigrams", {1, 2, 3, 1, 2}, {.no_repeat_ngram = 3, .start_token = 8}, {3}},
        {"n-grams longer than the sequence", {1, 2}, {.no_repeat_ngram = 9}, {}},
        {"all together",
         {1, 2, 1},
         {.min_length = 9, .no_repeat_ngram = 2, .end_tokens = {0}, .bad_words = {{2}}},
         {0, 2}},
    };
    for (const BanCase& c : cases) {
        CAPTURE(std::string(c.name));
        CHECK(banned_tokens(c.tokens, c.options) == c.banned);
    }
}

namespace {

struct BadOptions {
    const char* word;
    void (*set)(SearchOptions&);
};

const BadOptions bad_options[] = {
    {"beam_size", [](SearchOptions& o) { o.beam_size = 0; }},
    {"beam_size", [](SearchOptions& o) { o.beam_size = 1025; }},
    {"num_hypotheses", [](SearchOptions& o) { o.num_hypotheses = 0; }},
    {"num_hypotheses", [](SearchOptions& o) { o.num_hypotheses = 2; }},
    {"max_length", [](SearchOptions& o) { o.max_length = 0; }},
    {"max_length", [](SearchOptions& o) { o.max_length = 65'537; }},
    {"min_length", [](SearchOptions& o) { o.min_length = 257; }},
    {"length_penalty", [](SearchOptions& o) { o.length_penalty = std::nan(""); }},
    {"length_penalty", [](SearchOptions& o) { o.length_penalty = 1e300; }},
    {"end_tokens", [](SearchOptions& o) { o.end_tokens.assign(65, 1); }},
    {"bad_words",
     [](SearchOptions& o) {
         o.bad_words = {{1}, {}};
     }},
};

}   // namespace

TEST_CASE("options out of range are refused by name") {
    for (const BadOptions& c : bad_options) {
        SearchOptions options;
        c.set(options);
        expect_error(Status::usage, {"[search options]", c.word}, [&] { SentenceSearch search(options); });
    }
}

TEST_CASE("a step refuses what is not a full set of candidates") {
    SentenceSearch search({.beam_size = 2, .end_tokens = {0}});
    CHECK(candidates_per_row(search.options()) == 4);
    std::vector<Candidate> candidates(8, no_candidate);
    candidates[0] = {3, -1.0f};
    expect_error(Status::usage, {"candidates"}, [&] { search.step(std::span(candidates).first(7)); });
    expect_error(Status::usage, {"candidates"}, [&] { search.step({}); });
    for (const float bad : {std::nanf(""), infinity}) {
        auto broken = candidates;
        broken[5]   = {2, bad};
        expect_error(Status::device_failed, {"finite"}, [&] { search.step(broken); });
    }
    expect_error(Status::usage, {"row 2"}, [&] { search.banned(2); });
    CHECK(search.state().length == 0);   // still usable
    search.step(candidates);
    CHECK(search.tokens()[0] == 3);
}

TEST_CASE("nothing left to continue with: the best row so far is the result") {
    SentenceSearch         search({.beam_size = 2, .end_tokens = {0}});
    std::vector<Candidate> candidates(8, no_candidate);
    candidates[0] = {3, -1.0f};
    candidates[1] = {4, -1.5f};
    search.step(candidates);
    search.step(std::vector<Candidate>(8, no_candidate));
    CHECK(search.finished());
    CHECK(search.hypotheses() == std::vector<Hypothesis>{{{3}, -1.0f}});
    expect_error(Status::usage, {"stopped"}, [&] { search.step(candidates); });

    SentenceSearch at_once({.beam_size = 1});
    at_once.step(std::vector<Candidate>(1, no_candidate));
    CHECK(at_once.finished());
    CHECK(at_once.hypotheses() == std::vector<Hypothesis>{{{}, 0.0f}});
}

TEST_CASE("forced tokens score nothing and need no candidates") {
    SentenceSearch search({.beam_size = 3, .max_length = 3, .end_tokens = {0}, .forced_first = 7, .forced_last = 0});
    CHECK(search.banned(0).empty());
    search.step({});
    CHECK(search.tokens() == Ids{7, 7, 7});
    CHECK(search.parents() == Ids{0, 1, 2});
    std::vector<Candidate> candidates;
    for (int row = 0; row < 3; ++row)
        for (const Candidate c : {Candidate{4, -0.5f}, {5, -0.75f}, {6, -2.0f}, {8, -3.0f}, {9, -4.0f}, {2, -5.0f}})
            candidates.push_back(c);
    search.step(candidates);
    CHECK(search.tokens() == Ids{4, 5, 6});
    CHECK(search.parents() == Ids{0, 0, 0});
    search.step({});
    CHECK(search.finished());
    CHECK(search.hypotheses() == std::vector<Hypothesis>{{{7, 4, 0}, -0.5f / 3.0f}});
}

TEST_CASE("equal scores: the lower row, then the row's own order") {
    SentenceSearch  search({.beam_size = 2, .end_tokens = {0}});
    const Candidate first[] = {{5, -1.0f}, {9, -1.0f}, {2, -3.0f}, {3, -3.0f},
                               {4, -1.0f}, {6, -1.0f}, {7, -1.0f}, {8, -1.0f}};
    search.step(first);
    CHECK(search.tokens() == Ids{5, 9});
    const Candidate second[] = {{7, -1.0f}, {8, -2.0f}, {1, -3.0f}, {2, -4.0f},
                                {1, -1.0f}, {2, -2.0f}, {3, -3.0f}, {4, -4.0f}};
    search.step(second);
    CHECK(search.tokens() == Ids{7, 1});
    CHECK(search.parents() == Ids{0, 1});
}
