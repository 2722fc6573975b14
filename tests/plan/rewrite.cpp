// Rewriting changes no result and makes the fusions that it promises.
#include "graph/op.h"
#include "ops/ops.h"
#include "plan/planning.h"
#include "support/expect_error.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace attune::test {
namespace {

const RunOptions written{.precision = Precision::f32, .fuse = false};
const RunOptions fused{.precision = Precision::f32, .fuse = true};
const RunOptions fused_f16{.precision = Precision::f16, .fuse = true};

double nmse(const oracle::Array& a, const oracle::Array& b) {
    double errors = 0, squares = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
        if (a.values[i] == b.values[i]) continue;
        errors += (a.values[i] - b.values[i]) * (a.values[i] - b.values[i]);
    }
    for (const double value : b.values) squares += std::isfinite(value) ? value * value : 0;
    return errors == 0 ? 0 : errors / squares;   // NaN if an infinity or NaN is on one side only
}

// "" if two sets of results have the same names, shapes and numbers.
std::string disagreement(const std::map<std::string, oracle::Array>& got, const std::map<std::string, oracle::Array>& wanted, double largest_nmse) {
    for (const auto& [name, array] : wanted) {
        const auto found = got.find(name);
        if (found == got.end()) return name + " is missing";
        if (found->second.shape != array.shape) return name + " has shape " + found->second.shape.text();
        const double error = nmse(found->second, array);
        if (!(error <= largest_nmse)) return name + " has an NMSE of " + std::to_string(error);
    }
    return got.size() == wanted.size() ? "" : "there are other results";
}

std::size_t count(const Graph& graph, const Op& op) {
    return static_cast<std::size_t>(std::count_if(graph.nodes().begin(), graph.nodes().end(), [&](const Node& node) { return node.op == &op; }));
}

// "" or a weight or state that int8 stores as it should not: matrices that are multiplied with or gathered from, and
// nothing else, are i8, and all else is f32.
std::string wrong_in_int8(const Graph& graph) {
    std::map<std::uint32_t, bool> matrices;   // of weights that are read
    for (const Node& node : graph.nodes())
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (!node.inputs[i] || graph.info(node.inputs[i]->value).kind != ValueKind::weight) continue;
            bool& matrix = matrices.try_emplace(node.inputs[i]->value.id, true).first->second;
            matrix = matrix && (node.op == &ops::linear || node.op == &ops::linear_append || node.op == &ops::linear_chosen || node.op == &ops::embedding) && i == 1;
        }
    for (const auto& [id, matrix] : matrices)
        if (const TensorDesc& desc = graph.desc(Value{id}); desc.type != (matrix ? Type::i8 : Type::f32)) return graph.info(Value{id}).name + " is " + desc.text();
    for (const ValueInfo& info : graph.values())
        if (info.kind == ValueKind::state && info.desc.type == Type::f16) return info.name + " is " + info.desc.text();
    return {};
}

// "" or why an output or a part of the residual stream is not f32 any more.
std::string narrowed_stream(const Graph& before, const Graph& after) {
    for (const auto& [name, value] : before.outputs())
        if (after.desc(after.outputs().at(name)) != before.desc(value)) return name + " is " + after.desc(after.outputs().at(name)).text();
    for (const Node& node : after.nodes()) {
        const TensorDesc& made = after.desc(node.outputs[0]);
        const bool        stream = node.op == &ops::add || node.op == &ops::layer_norm || node.op == &ops::softmax || node.op == &ops::top_k ||
                            (node.op == &ops::linear && node.inputs[3]);
        if (stream && made.type == Type::f16) return std::string(node.op->name) + " makes " + made.text();
    }
    return {};
}

}  // namespace

TEST_CASE("random graphs mean the same after rewriting") {
    std::size_t before = 0, after = 0;
    for (std::uint64_t seed = 0; seed < 600; ++seed) {
        CAPTURE(seed);
        Example example = random_example({.seed = seed});
        try {
            const Graph graph = rewrite(example.graph, fused), same = rewrite(example.graph, written);
            const auto  wanted = oracle_results(example.graph, example);
            CAPTURE(example.graph.text());
            CAPTURE(graph.text());
            CHECK(disagreement(oracle_results(graph, example), wanted, 1e-24) == "");
            CHECK(disagreement(oracle_results(same, example), wanted, 0) == "");
            before += same.nodes().size();
            after += graph.nodes().size();
        } catch (const Error& error) {
            const std::string message = error.what();
            CAPTURE(message);
            CAPTURE(example.graph.text());
            FAIL_CHECK("a graph that is valid was refused");
        }
    }
    CHECK(static_cast<double>(after) < 0.85 * static_cast<double>(before));
}

TEST_CASE("random graphs in int8 mean the same, with matrices in i8 and all else in f32") {
    for (std::uint64_t seed = 0; seed < 300; ++seed)
        for (const bool fuse : {false, true}) {
            CAPTURE(seed);
            CAPTURE(fuse);
            Example example = random_example({.seed = seed, .int8 = seed % 2 == 0});
            try {
                const Graph graph = rewrite(example.graph, {.precision = Precision::int8, .fuse = fuse});
                CAPTURE(example.graph.text());
                CAPTURE(graph.text());
                CHECK(wrong_in_int8(graph) == "");
                CHECK(disagreement(oracle_results(graph, example), oracle_results(example.graph, example), 1e-24) == "");
            } catch (const Error& error) {
                const std::string message = error.what();
                CAPTURE(message);
                CAPTURE(example.graph.text());
                FAIL_CHECK("a graph that is valid was refused");
            }
        }
}

TEST_CASE("random graphs in f16 keep their outputs and their residual stream") {
    for (std::uint64_t seed = 0; seed < 300; ++seed)
        for (const bool fuse : {false, true}) {
            CAPTURE(seed);
            CAPTURE(fuse);
            Example example = random_example({.seed = seed});
            try {
                const Graph graph = rewrite(example.graph, {.precision = Precision::f16, .fuse = fuse});
                CAPTURE(example.graph.text());
                CAPTURE(graph.text());
                CHECK(narrowed_stream(example.graph, graph) == "");
                CHECK(oracle_results(graph, example).size() >= example.graph.outputs().size());
            } catch (const Error& error) {
                const std::string message = error.what();
                CAPTURE(message);
                CAPTURE(example.graph.text());
                FAIL_CHECK("a graph that is valid was refused");
            }
        }
}

// ---- layers as models write them -------------------------------------------------------------------

namespace {

class Layers {
public:
    static constexpr std::uint64_t batch = 2, queries = 5, heads = 4, width = 32, ffn = 64, capacity = 9;

    explicit Layers(Example& example) : e_(example) {}

    Value project(const std::string& name, Value x, std::uint64_t outputs) {
        const Value weight = e_.weight(name, random_tensor({Type::f32, {outputs, e_.graph.desc(x).width()}}, random_, 0.2));
        const Value bias = e_.weight(name + ".bias", random_tensor({Type::f32, {outputs}}, random_, 0.2));
        return linear(e_.graph, x, weight, {.bias = bias});
    }
    Value norm(const std::string& name, Value x, Value residual) {
        const Value gain = e_.weight(name, random_tensor({Type::f32, {width}}, random_, 0.2, 1));
        return layer_norm(e_.graph, x, gain, e_.weight(name + ".bias", random_tensor({Type::f32, {width}}, random_, 0.2)), {.residual = residual});
    }
    Value split(Value x) { return split_heads(e_.graph, x, heads); }
    Value merge(Value x) { return merge_heads(e_.graph, x); }
    Value hidden(const std::string& name, Value x) { return activate(e_.graph, project(name, x, ffn), Activation::gelu); }

    void encoder() {
        const Value x = e_.input("x", random_tensor({Type::f32, {batch, queries, width}}, random_));
        const Value lengths = e_.control("lengths", random_ids({batch}, random_, queries + 1));
        const Value q = split(project("q", x, width)), k = split(project("k", x, width)), v = split(project("v", x, width));
        const Value a = norm("norm1", project("out", merge(attention(e_.graph, q, k, v, {.heads = heads, .lengths = lengths})), width), x);
        e_.graph.output("y", norm("norm2", project("down", hidden("up", a), width), a));
    }

    void decoder() {
        const Value  x = e_.input("x", random_tensor({Type::f32, {batch, 1, width}}, random_));
        const Value  position = e_.state("position", random_ids({batch}, random_, capacity - 1));
        const Shape  cache{batch, heads, capacity, width / heads};
        const Value  q = split(project("q", x, width)), k = split(project("k", x, width)), v = split(project("v", x, width));
        const Caches before{e_.state("keys", random_tensor({Type::f32, cache}, random_)), e_.state("values", random_tensor({Type::f32, cache}, random_))};
        const Caches after = kv_append(e_.graph, before, k, v, position);
        const Value  mixed = attention(e_.graph, q, after.key, after.value, {.heads = heads, .lengths = position, .lengths_offset = 1});
        const Value  a = norm("norm1", project("out", merge(mixed), width), x);
        e_.graph.output("y", norm("norm2", project("down", hidden("up", a), width), a));
        advance(e_.graph, position);
    }

    void cross_attention() {
        const Value x = e_.input("x", random_tensor({Type::f32, {3, 1, width}}, random_));
        Tensor      blocks({Type::u32, {3, 5}});
        const std::uint32_t rows[] = {0, 1, 0, 4, 0, 1, 1, 4, 5, 0, 2, 1, 0, 0, 0};   // the last one sees nothing
        std::copy(std::begin(rows), std::end(rows), blocks.as<std::uint32_t>().begin());
        const Value seen = e_.control("blocks", std::move(blocks));
        const Value key = e_.state("keys", random_tensor({Type::f32, {1, capacity, width}}, random_)), value = e_.state("values", random_tensor({Type::f32, {1, capacity, width}}, random_));
        const StagedAttention staged = attention_staged(e_.graph, split(project("q", x, width)), key, value,
                                                        {.heads = heads, .blocks = seen, .block_rows = 1, .keys_per_query = capacity});
        e_.graph.output("weights", staged.weights);
        e_.graph.output("y", norm("norm1", project("out", merge(staged.output), width), x));
    }

    // A recurrent unit instead of a cache; both its projections have a bias, one of zeros.
    void recurrent_decoder() {
        const Value x = e_.input("x", random_tensor({Type::f32, {batch, 1, width}}, random_));
        const Value position = e_.state("position", random_ids({batch}, random_, 2));
        const Value parents = e_.control("parents", random_ids({batch}, random_, batch));
        const Value cell = e_.graph.exact_state("cell", {Type::f32, {batch, width}});
        e_.tensors.insert_or_assign("cell", random_tensor(e_.graph.desc(cell), random_));
        const Value forget = project("forget", x, width), candidate = project("candidate", x, width);
        const Value a = norm("norm1", ssru(e_.graph, cell, forget, candidate, {.parents = parents, .position = position, .beams = batch}).output, x);
        const Value key = e_.state("keys", random_tensor({Type::f32, {1, capacity, width}}, random_)), value = e_.state("values", random_tensor({Type::f32, {1, capacity, width}}, random_));
        const Value blocks = e_.control("blocks", Tensor::u32({2, 5}, std::vector<std::uint32_t>{0, 1, 0, 4, 0, 1, 1, 4, 5, 0}));
        const Value mixed = merge(attention(e_.graph, split(project("q", a, width)), key, value, {.heads = heads, .blocks = blocks, .block_rows = 1}));
        const Value b = norm("norm2", project("out", mixed, width), a);
        e_.graph.output("y", norm("norm3", project("down", activate(e_.graph, project("up", b, ffn), Activation::relu), width), b));
    }

    // Attention whose merged heads are the result, and are read in other ways too.
    void merged_output() {
        const Value x = e_.input("x", random_tensor({Type::f32, {batch, queries, width}}, random_));
        const Value heads_of_x = split(x), mixed = attention(e_.graph, heads_of_x, heads_of_x, heads_of_x, {.heads = heads});
        e_.graph.output("y", merge(mixed));
        e_.graph.output("z", add(e_.graph, merge(mixed), x));
    }

private:
    Example& e_;
    Random   random_{std::string_view("layers")};
};

struct LayerRow {
    const char* name;
    void (Layers::*build)();
    std::vector<const Op*> gone;    // ops that are fused away
    std::size_t            linears, nodes;
};

const LayerRow layer_rows[] = {
    {"encoder", &Layers::encoder, {&ops::activate, &ops::split_heads, &ops::merge_heads, &ops::add, &ops::layer_norm}, 4, 5},          // qkv, out, up, down, two with norms; attention
    {"decoder step", &Layers::decoder, {&ops::activate, &ops::split_heads, &ops::merge_heads, &ops::add, &ops::layer_norm, &ops::kv_append}, 3, 6},     // qkv is a linear_append; and advance
    {"cross attention", &Layers::cross_attention, {&ops::split_heads, &ops::merge_heads, &ops::layer_norm}, 2, 5},                     // scores, softmax, values
    {"recurrent decoder step", &Layers::recurrent_decoder, {&ops::activate, &ops::split_heads, &ops::merge_heads, &ops::add}, 5, 8},   // both gates, q, out, up, down; unit, attention; its norm
    {"merged output", &Layers::merged_output, {&ops::split_heads, &ops::merge_heads}, 0, 2},                         // attention, add
};

}  // namespace

TEST_CASE("layers mean the same after rewriting, with fewer nodes") {
    for (const LayerRow& row : layer_rows) {
        CAPTURE(row.name);
        Example example;
        (Layers(example).*row.build)();
        try {
            const Graph graph = rewrite(example.graph, fused);
            CAPTURE(graph.text());
            for (const Op* op : row.gone) CHECK(count(graph, *op) == 0);
            CHECK(count(graph, ops::linear) == row.linears);
            CHECK(graph.nodes().size() == row.nodes);
            const auto wanted = oracle_results(example.graph, example);
            CHECK(disagreement(oracle_results(graph, example), wanted, 1e-24) == "");

            const Graph half = rewrite(example.graph, fused_f16);
            CAPTURE(half.text());
            CHECK(half.nodes().size() == graph.nodes().size());
            CHECK(narrowed_stream(example.graph, half) == "");
            const auto rounded = oracle_results(half, example);
            CHECK(disagreement(rounded, wanted, 1e-5) == "");
            const Graph small = rewrite(example.graph, {.precision = Precision::int8, .cache = Type::f16, .fuse = true});
            CHECK(small.nodes().size() == graph.nodes().size());
            for (const ValueInfo& info : small.values()) {
                if (info.kind == ValueKind::weight) CHECK((info.desc.type == Type::i8) == (info.desc.shape.rank() >= 2));
                if (info.kind == ValueKind::state && info.desc.type != Type::u32) CHECK((info.desc.type == Type::f16) == !info.exact);
            }
            for (const ValueInfo& info : half.values())   // matrices and caches, not norms, biases and cells
                if (info.kind == ValueKind::weight || (info.kind == ValueKind::state && info.desc.type != Type::u32))
                    CHECK((info.desc.type == Type::f16) == (info.desc.shape.rank() >= 2 && !info.exact));
        } catch (const Error& error) {
            const std::string message = error.what();
            CAPTURE(message);
            FAIL_CHECK("a graph that is valid was refused");
        }
    }
}

// ---- where fusing must stop --------------------------------------------------------------------------

namespace {

struct Stop {
    const char* why;
    void (*build)(Example&, Random&);
    const Op*   op;      // of which the fused graph has
    std::size_t left;    // this many
};

Value rows_input(Example& e, Random& random, const char* name, std::uint64_t width = 8) { return e.input(name, random_tensor({Type::f32, {2, 3, width}}, random)); }
Value matrix_of(Example& e, Random& random, const char* name, std::uint64_t outputs) { return e.weight(name, random_tensor({Type::f32, {outputs, 8}}, random)); }
Value projected(Example& e, Random& random, Value x, const char* name, std::uint64_t outputs = 8) { return linear(e.graph, x, matrix_of(e, random, name, outputs)); }

Caches some_caches(Example& e, Random& r) { return {e.state("keys", random_tensor({Type::f32, {2, 2, 5, 4}}, r)), e.state("values", random_tensor({Type::f32, {2, 2, 5, 4}}, r))}; }

const Stop stops[] = {
    {"an activation of a value that somebody else reads", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), y = projected(e, r, x, "w");
         e.graph.output("y", add(e.graph, activate(e.graph, y, Activation::relu), y));
     }, &ops::activate, 1},
    {"an activation of an output", [](Example& e, Random& r) {
         const Value y = projected(e, r, rows_input(e, r, "x"), "w");
         e.graph.output("before", y);
         e.graph.output("y", activate(e.graph, y, Activation::relu));
     }, &ops::activate, 1},
    {"a norm of a sum that somebody else reads", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), sum = add(e.graph, projected(e, r, x, "w"), x), gain = e.weight("gain", random_tensor({Type::f32, {8}}, r));
         e.graph.output("y", add(e.graph, layer_norm(e.graph, sum, gain, gain), softmax(e.graph, sum)));
     }, &ops::layer_norm, 1},
    {"a norm of a sum that is an output", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), sum = add(e.graph, projected(e, r, x, "w"), x), gain = e.weight("gain", random_tensor({Type::f32, {8}}, r));
         e.graph.output("sum", sum);
         e.graph.output("y", layer_norm(e.graph, sum, gain, gain));
     }, &ops::layer_norm, 1},
    {"a norm with a gain that is computed", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), sum = add(e.graph, projected(e, r, x, "w"), x), gain = e.weight("gain", random_tensor({Type::f32, {8}}, r));
         e.graph.output("y", layer_norm(e.graph, sum, activate(e.graph, gain, Activation::relu), gain));
     }, &ops::layer_norm, 1},
    {"a norm with a gain that is written before it is read", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), sum = add(e.graph, projected(e, r, x, "w"), x), gain = e.state("gain", random_tensor({Type::f32, {8}}, r));
         store(e.graph, gain, e.input("other gain", random_tensor({Type::f32, {8}}, r)));
         e.graph.output("y", layer_norm(e.graph, sum, gain, gain));
     }, &ops::layer_norm, 1},
    {"keys and values that go into a cache which somebody reads first", [](Example& e, Random& r) {
         const Caches caches = some_caches(e, r); const Value x = rows_input(e, r, "x"), position = e.input("position", Tensor({Type::u32, {2}})), k = projected(e, r, x, "k"), v = projected(e, r, x, "v");
         e.graph.output("before", attention(e.graph, x, caches.key, caches.value, {.heads = 2}));
         kv_append(e.graph, caches, k, v, position);
     }, &ops::kv_append, 1},
    {"positions that move between the product and the cache", [](Example& e, Random& r) {
         const Value  x = rows_input(e, r, "x"), position = e.state("position", Tensor({Type::u32, {2}})), k = projected(e, r, x, "k"), v = projected(e, r, x, "v");
         kv_append(e.graph, some_caches(e, r), k, v, advance(e.graph, position));
     }, &ops::kv_append, 1},
    {"keys that somebody else reads", [](Example& e, Random& r) {
         const Value  x = rows_input(e, r, "x"), position = e.input("position", Tensor({Type::u32, {2}})), k = projected(e, r, x, "k"), v = projected(e, r, x, "v");
         kv_append(e.graph, some_caches(e, r), k, v, position);
         e.graph.output("y", attention(e.graph, k, k, k, {.heads = 2}));
     }, &ops::kv_append, 1},
    {"keys and values of rows that the caches read", [](Example& e, Random& r) {
         const Value  x = e.state("x", random_tensor({Type::f32, {2, 2, 5, 4}}, r)), position = e.input("position", Tensor({Type::u32, {2}}));
         const Value  rows = merge_heads(e.graph, x), k = projected(e, r, rows, "k"), v = projected(e, r, rows, "v");
         kv_append(e.graph, {x, e.state("values", random_tensor({Type::f32, {2, 2, 5, 4}}, r))}, k, v, position);
     }, nullptr, 0},
    {"a second activation", [](Example& e, Random& r) {
         e.graph.output("y", activate(e.graph, activate(e.graph, projected(e, r, rows_input(e, r, "x"), "w"), Activation::relu), Activation::silu));
     }, &ops::activate, 1},
    {"a residual that is made after the product", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), y = projected(e, r, x, "w"), late = softmax(e.graph, x);
         e.graph.output("y", add(e.graph, y, late));
     }, &ops::add, 1},
    {"a residual that is made between the product and its activation", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), y = projected(e, r, x, "w"), late = softmax(e.graph, x);
         e.graph.output("y", add(e.graph, activate(e.graph, y, Activation::relu), late));
     }, &ops::add, 1},
    {"a second residual", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), z = rows_input(e, r, "z");
         e.graph.output("y", add(e.graph, add(e.graph, projected(e, r, x, "w"), x), z));
     }, &ops::add, 1},
    {"a product added to itself", [](Example& e, Random& r) {
         const Value y = projected(e, r, rows_input(e, r, "x"), "w");
         e.graph.output("y", add(e.graph, y, y));
     }, &ops::add, 1},
    {"an f16 product in an f32 sum", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x");
         e.graph.output("y", add(e.graph, linear(e.graph, x, matrix_of(e, r, "w", 8), {.type = Type::f16}), x));
     }, nullptr, 0},
    {"products of one input that are read by ops without strides", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x");
         e.graph.output("y", add(e.graph, softmax(e.graph, projected(e, r, x, "a")), softmax(e.graph, projected(e, r, x, "b"))));
     }, &ops::linear, 2},
    {"products with and without a bias", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), bias = e.weight("bias", random_tensor({Type::f32, {8}}, r));
         const Value q = linear(e.graph, x, matrix_of(e, r, "a", 8), {.bias = bias}), k = projected(e, r, x, "b"), v = projected(e, r, x, "c");
         e.graph.output("y", attention(e.graph, q, k, v, {.heads = 2}));
     }, &ops::linear, 2},
    {"products whose bias is no weight", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), bias = e.input("bias", random_tensor({Type::f32, {8}}, r));
         const Value q = linear(e.graph, x, matrix_of(e, r, "a", 8), {.bias = bias}), k = linear(e.graph, x, matrix_of(e, r, "b", 8), {.bias = bias});
         e.graph.output("y", attention(e.graph, q, k, k, {.heads = 2}));
     }, &ops::linear, 2},
    {"products of different types", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), q = linear(e.graph, x, matrix_of(e, r, "a", 8), {.type = Type::f16});
         e.graph.output("y", attention(e.graph, q, projected(e, r, x, "b"), projected(e, r, x, "c"), {.heads = 2}));
     }, &ops::linear, 2},
    {"heads of a state that is written before they are read", [](Example& e, Random& r) {
         const Value memory = e.state("memory", random_tensor({Type::f32, {2, 3, 8}}, r)), q = split_heads(e.graph, memory, 2);
         store(e.graph, memory, rows_input(e, r, "x"));
         e.graph.output("y", attention(e.graph, q, q, q, {.heads = 2}));
     }, &ops::split_heads, 1},
    {"products of widths that f16 cannot hold in one row", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), q = projected(e, r, x, "a", 4), k = projected(e, r, x, "b", 4), v = projected(e, r, x, "c", 3);
         e.graph.output("y", attention(e.graph, q, k, projected(e, r, x, "d", 4), {.heads = 1}));
         e.graph.output("z", linear(e.graph, v, e.weight("e", random_tensor({Type::f32, {8, 3}}, r))));
     }, nullptr, 0},
    {"matrices of which one is also read as it is", [](Example& e, Random& r) {
         const Value x = rows_input(e, r, "x"), a = matrix_of(e, r, "a", 8);
         const Value q = linear(e.graph, x, a), k = projected(e, r, x, "b");
         e.graph.output("y", attention(e.graph, q, k, k, {.heads = 2}));
         e.graph.output("z", softmax(e.graph, a));
     }, nullptr, 0},
};

}  // namespace

TEST_CASE("what looks like a fusion and is none") {
    for (const Stop& row : stops) {
        CAPTURE(row.why);
        Example example;
        Random  random(std::string_view(row.why));
        row.build(example, random);
        for (const Precision precision : {Precision::f32, Precision::f16, Precision::int8}) {
            CAPTURE(static_cast<int>(precision));
            try {
                const Graph graph = rewrite(example.graph, {.precision = precision, .fuse = true});
                CAPTURE(graph.text());
                if (row.op) CHECK(count(graph, *row.op) == row.left);
                CHECK(narrowed_stream(example.graph, graph) == "");
                CHECK(disagreement(oracle_results(graph, example), oracle_results(example.graph, example), precision == Precision::f16 ? 1e-4 : 1e-24) == "");
            } catch (const Error& error) {
                const std::string message = error.what();
                CAPTURE(message);
                FAIL_CHECK("a graph that is valid was refused");
            }
        }
    }
}

TEST_CASE("projections of one input become one, whatever lies between them") {
    Example     e;
    Random      random(std::string_view("projections"));
    const Value x = rows_input(e, random, "x"), q = projected(e, random, x, "q"), z = softmax(e.graph, x);
    const Value k = projected(e, random, x, "k"), v = projected(e, random, x, "v", 16);
    e.graph.output("y", attention(e.graph, q, k, columns(e.graph, v, 8, 8), {.heads = 2}));
    e.graph.output("z", z);
    const Graph graph = rewrite(e.graph, fused);
    REQUIRE(count(graph, ops::linear) == 1);
    for (const Node& node : graph.nodes())
        if (node.op == &ops::linear) CHECK(graph.info(node.inputs[1]->value).parts == std::vector<std::string>{"q", "k", "v"});
    CHECK(disagreement(oracle_results(graph, e), oracle_results(e.graph, e), 1e-24) == "");
}

TEST_CASE("projections of i8 and of floats become one where int8 makes them alike") {
    Example     e;
    Random      random(std::string_view("projections of i8"));
    const Value x = rows_input(e, random, "x"), k = linear(e.graph, x, e.weight("k", random_int8({8, 8}, random, Scales::one)));
    const Value q = projected(e, random, x, "q");
    e.graph.output("y", attention(e.graph, q, k, k, {.heads = 2}));
    for (const Precision precision : {Precision::f32, Precision::f16, Precision::int8})
        CHECK(count(rewrite(e.graph, {.precision = precision, .fuse = true}), ops::linear) == (precision == Precision::int8 ? 1 : 2));
}

TEST_CASE("what nobody reads is gone, what writes a state stays") {
    Graph       g;
    const Value x = g.input("x", {Type::f32, {1, 2, 4}});
    activate(g, softmax(g, x), Activation::relu);
    store(g, g.state("memory", {Type::f32, {2, 4}}), add(g, x, x));
    CHECK(rewrite(g, fused).nodes().size() == 2);
    CHECK(rewrite(g, written).nodes().size() == 2);
}

}  // namespace attune::test
