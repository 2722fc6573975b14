// The oracle's session: inputs, weights, states and errors, through graphs.
#include "ops/ops.h"
#include "oracle/calling.h"
#include "support/expect_error.h"

#include <attune/ops.hpp>

using namespace attune;
using namespace attune::test;

namespace {

Tensor tensor(Shape shape, const std::vector<double>& values, Type type = Type::f32) {
    return Tensor::from_doubles({type, shape}, values);
}

Tensor random_tensor(Shape shape, unsigned seed) { return tensor(shape, random_array(shape, seed).values); }

}  // namespace

TEST_CASE("a graph of inputs, controls and weights") {
    WeightMap weights;
    weights.set("w", tensor({2, 2}, {1, 2, 3, 1 + std::ldexp(1.0, -20)}));
    weights.set("more", tensor({1, 2}, {-1, 1}, Type::bf16));
    weights.set("table", tensor({2, 2}, {1, 10, 100, 1000}));
    oracle::Session session(&weights);
    session.set("ids", tensor({1}, {1}, Type::u32));
    session.set("x", tensor({1, 2}, {1, 1}, Type::f16));

    Graph       g;
    const Value w = g.weight("w", {Type::f16, {2, 2}}), more = g.weight("more", {Type::f16, {1, 2}});
    const Value both = g.concatenated_weight(std::vector{w, more});
    const Value row  = embedding(g, g.control("ids", {Type::u32, {1}}), g.weight("table", {Type::f32, {2, 2}}));
    const Value y    = linear(g, g.input("x", {Type::f16, {1, 2}}), both);
    g.output("embedded", linear(g, row, w));
    g.output("y", y);
    // An operand may name columns of a wider value.
    g.output("sum", g.add(ops::add, {Operand{y, 1, 2}, Operand{row}})[0]);
    g.output("columns", columns(g, y, 1, 2));
    session.run(g);
    CHECK(session.get("y").shape == Shape{1, 3});
    check_close(session.get("y").values, {3, 4, 0}, 0);   // the weight is rounded to f16 first
    check_close(session.get("embedded").values, {2100, 1300}, 0);
    check_close(session.get("sum").values, {104, 1000}, 0);
    check_close(session.get("columns").values, {4, 0}, 0);

    session.set("x", tensor({1, 2}, {2, 0}, Type::f16));
    session.run(g);
    check_close(session.get("y").values, {2, 6, -2}, 0);

    // The same weight by another graph that keeps all its digits.
    Graph exact;
    exact.output("y", linear(exact, exact.input("x", {Type::f16, {1, 2}}), exact.weight("w", {Type::f32, {2, 2}})));
    session.set("x", tensor({1, 2}, {0, 1}, Type::f16));
    session.run(exact);
    check_close(session.get("y").values, {2, 1 + std::ldexp(1.0, -20)}, 0);
    expect_error(Status::usage, {"oracle", "columns"}, [&] { session.get("columns"); });   // of an older run
}

TEST_CASE("states live across runs and graphs, by name") {
    const TensorDesc memory{Type::f16, {2, 2}}, position{Type::u32, {2}};
    Graph            g;
    g.output("memory", store(g, g.state("memory", memory), g.input("x", {Type::f32, {1, 2}})));
    const Value once = advance(g, g.state("position", position), 3);
    g.output("position", advance(g, once));
    g.output("rows", embedding(g, g.state("position", position), g.input("table", {Type::f32, {3, 1}})));

    oracle::Session session;
    session.set("x", tensor({1, 2}, {1 + std::ldexp(1.0, -11), -2}));
    session.set("table", tensor({3, 1}, {5, 6, 7}));
    session.set("memory", tensor({2, 2}, {1, 2, 3, 4}, Type::f16));
    session.run(g);
    check_close(session.get("memory").values, {1, -2, 3, 4}, 0);   // rounded to the state's type, to even
    check_close(session.get("position").values, {4, 4}, 0);
    check_close(session.get("rows").values, {7, 7}, 0);   // read after both advances
    session.set("position", tensor({2}, {0, 10}, Type::u32));
    check_close(session.get("position").values, {4, 4}, 0);   // an output, until the next run
    session.run(g);
    check_close(session.get("position").values, {4, 14}, 0);

    Graph other;
    other.output("sum", add(other, other.state("memory", memory), other.state("memory", memory)));
    session.run(other);
    check_close(session.get("sum").values, {2, -4, 6, 8}, 0);
    check_close(session.get("position").values, {4, 14}, 0);   // no output now: the state itself

    Graph larger;
    larger.output("memory", add(larger, larger.state("memory", {Type::f16, {3, 2}}),
                                larger.state("memory", {Type::f16, {3, 2}})));
    session.run(larger);
    check_close(session.get("memory").values, std::vector<double>(6), 0);
}

TEST_CASE("what does not fit is named") {
    WeightMap weights;
    weights.set("w", tensor({2, 2}, {1, 2, 3, 4}));
    const struct {
        const char*              weight;
        Shape                    weight_shape;
        Shape                    set;
        std::vector<std::string> words;
    } cases[] = {
        {"w", {2, 2}, {}, {"x", "f32[1, 2]"}},   // given as a single number
        {"w", {2, 2}, {2, 1}, {"x", "f32[2, 1]", "f32[1, 2]"}},
        {"absent", {2, 2}, {1, 2}, {"absent", "missing"}},
        {"w", {3, 2}, {1, 2}, {"w", "f32[2, 2]", "f32[3, 2]"}},
    };
    for (const auto& c : cases) {
        oracle::Session session(&weights);
        session.set("x", Tensor({Type::f32, c.set}));
        Graph g;
        g.output("y", linear(g, g.input("x", {Type::f32, {1, 2}}), g.weight(c.weight, {Type::f32, c.weight_shape})));
        for (const std::string& word : c.words)
            expect_error(Status::bad_input, {"oracle", word}, [&] { session.run(g); });
    }
    Graph           g;
    oracle::Session session;
    g.output("y", advance(g, g.state("position", {Type::u32, {2}})));
    g.output("x", g.input("x", {Type::f32, {1}}));
    expect_error(Status::usage, {"x", "not set"}, [&] { session.run(g); });
    session.set("x", tensor({1}, {7}));
    session.set("position", tensor({3}, {1, 2, 3}, Type::u32));
    expect_error(Status::bad_input, {"position", "u32[3]", "u32[2]"}, [&] { session.run(g); });
    session.set("position", tensor({2}, {1, 2}, Type::u32));
    session.run(g);   // the session stays usable, and no failed run advanced the state
    check_close(session.get("y").values, {2, 3}, 0);
    check_close(session.get("x").values, {7}, 0);

    const Op unknown{.name  = "unheard_of",
                     .infer = [](InputDescs, const Attributes&) { return std::vector<TensorDesc>{}; },
                     .lower = nullptr};
    Graph    strange;
    strange.add(unknown, {});
    expect_error(Status::bad_input, {"unheard_of"}, [&] { session.run(strange); });
}

TEST_CASE("staged attention gives what the fused one gives") {
    for (const bool blocks : {false, true}) {
        oracle::Session session;
        session.set("q", random_tensor({1, 6, 8}, 1));
        session.set("k", random_tensor({1, 6, 4}, 2));
        session.set("v", random_tensor({1, 6, 4}, 3));
        session.set("blocks", tensor({2, 5}, {0, 2, 0, 2, 0, 2, 4, 2, 4, 0}, Type::u32));
        Graph       g;
        const Value q = g.input("q", {Type::f32, {1, 6, 8}}), k = g.input("k", {Type::f32, {1, 6, 4}}),
                    v = g.input("v", {Type::f32, {1, 6, 4}});
        AttentionOptions options{.heads = 4, .key_value_heads = 2, .causal = true, .keys_per_query = 4};
        if (blocks) options.blocks = g.control("blocks", {Type::u32, {2, 5}});
        g.output("fused", attention(g, q, k, v, options));
        const StagedAttention staged = attention_staged(g, q, k, v, options);
        g.output("staged", staged.output);
        g.output("weights", staged.weights);
        session.run(g);
        check_close(session.get("staged").values, session.get("fused").values);
        double sum = 0;
        for (const double weight : session.get("weights").values) sum += weight;
        CHECK(sum == doctest::Approx(4 * 6));   // every row of weights sums to 1
    }
}

namespace {

constexpr std::uint64_t rows = 6, beams = 3, capacity = 7, width = 8, vocabulary = 11;

AttentionOptions step_options() { return {.heads = 4, .key_value_heads = 2}; }

struct Projections {
    Value query, key, value;
};

// Query of 8 columns, key and value of 4, from one product with the concatenated weights.
Projections project(Graph& g, Value x) {
    const Value parts[] = {g.weight("q", {Type::f32, {8, width}}), g.weight("k", {Type::f32, {4, width}}),
                           g.weight("v", {Type::f32, {4, width}})};
    const Value all     = linear(g, x, g.concatenated_weight(parts));
    return {columns(g, all, 0, 8), columns(g, all, 8, 4), columns(g, all, 12, 4)};
}

Value embed(Graph& g, Shape shape) {
    return embedding(g, g.control("ids", {Type::u32, shape}), g.weight("table", {Type::f32, {vocabulary, width}}));
}

// One step of decoding with caches that beams share.
Graph step_graph() {
    Graph             g;
    const Projections p        = project(g, embed(g, {rows, 1}));
    const Value       position = g.state("position", {Type::u32, {rows}});
    const TensorDesc  cache{Type::f32, {rows, 2, capacity, 2}};
    const Caches caches = kv_append(g, {g.state("keys", cache), g.state("values", cache)}, p.key, p.value, position);
    AttentionOptions options = step_options();
    options.lengths          = position;
    options.lengths_offset   = 1;
    options.ancestors        = reorder_ancestors(g, g.state("ancestors", {Type::u32, {rows, capacity}}),
                                                 g.control("parents", {Type::u32, {rows}}), position, beams);
    g.output("y", attention(g, p.query, caches.key, caches.value, options));
    advance(g, position);
    return g;
}

// The last position of a whole history, without any cache.
std::vector<double> without_cache(WeightMap& weights, const std::vector<double>& history) {
    oracle::Session session(&weights);
    session.set("ids", tensor({1, history.size()}, history, Type::u32));
    Graph             g;
    const Projections p = project(g, embed(g, {1, history.size()}));
    g.output("y", attention(g, p.query, p.key, p.value, step_options()));
    session.run(g);
    return {session.get("y").values.end() - 8, session.get("y").values.end()};
}

}  // namespace

TEST_CASE("decoding with shared caches gives what whole histories give") {
    WeightMap weights;
    weights.set("table", random_tensor({vocabulary, width}, 1));
    weights.set("q", random_tensor({8, width}, 2));
    weights.set("k", random_tensor({4, width}, 3));
    weights.set("v", random_tensor({4, width}, 4));

    oracle::Session                  session(&weights);
    const Graph                      g = step_graph();
    std::mt19937                     random(5);
    std::vector<std::vector<double>> histories(rows);
    for (std::uint64_t step = 0; step < capacity; ++step) {
        const std::vector<std::vector<double>> before = histories;
        std::vector<double>                    ids(rows), parents(rows);
        for (std::uint64_t r = 0; r < rows; ++r) {
            const std::uint64_t parent = r / beams * beams + random() % beams;
            parents[r]                 = static_cast<double>(parent);
            ids[r]                     = static_cast<double>(random() % vocabulary);
            histories[r]               = before[parent];
            histories[r].push_back(ids[r]);
        }
        session.set("ids", tensor({rows, 1}, ids, Type::u32));
        session.set("parents", tensor({rows}, parents, Type::u32));
        session.run(g);
        const std::vector<double>& y = session.get("y").values;
        for (std::uint64_t r = 0; r < rows; ++r) {
            CAPTURE(step);
            CAPTURE(r);
            const auto begin = y.begin() + static_cast<std::ptrdiff_t>(r * 8);
            check_close({begin, begin + 8}, without_cache(weights, histories[r]));
        }
    }
}
