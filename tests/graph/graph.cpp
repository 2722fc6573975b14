// Graphs: names, versions of states, concatenated weights, outputs, and their text.
#include "graph/op.h"
#include "ops/ops.h"
#include "support/expect_error.h"

#include <attune/ops.hpp>

namespace attune::test {
namespace {

const TensorDesc small{Type::f32, {2, 4}};

}  // namespace

TEST_CASE("a name belongs to one value") {
    Graph g;
    CHECK(g.input("x", small) == g.input("x", small));
    CHECK(g.weight("w", small) == g.weight("w", small));
    CHECK(g.values().size() == 2);
    using Declare = Value (Graph::*)(std::string, TensorDesc);
    for (const Declare declare : {&Graph::weight, &Graph::control, &Graph::state}) expect_error(Status::bad_input, {"[x]", "f32[2, 4]"}, [&] { (g.*declare)("x", small); });
    expect_error(Status::bad_input, {"[x]"}, [&] { g.input("x", {Type::f16, {2, 4}}); });
    expect_error(Status::bad_input, {"[x]"}, [&] { g.input("x", {Type::f32, {4, 2}}); });
    CHECK(g.values().size() == 2);
}

TEST_CASE("kinds of values") {
    Graph       g;
    const Value x = g.input("x", small), w = g.weight("w", small), c = g.control("c", small), s = g.state("s", small);
    const Value y = add(g, x, w);
    CHECK(g.info(x).kind == ValueKind::input);
    CHECK(g.info(w).kind == ValueKind::weight);
    CHECK(g.info(w).parts == std::vector<std::string>{"w"});
    CHECK(g.info(c).kind == ValueKind::control);
    CHECK(g.info(s).kind == ValueKind::state);
    CHECK(g.info(y).kind == ValueKind::temporary);
    for (const Value value : {x, w, c, s, y}) CHECK(g.info(value).storage == value);
}

TEST_CASE("a state has versions that share its memory") {
    Graph       g;
    const Value before = g.state("memory", small), other = g.state("other", small), x = g.input("x", small);
    const Value once = store(g, before, x), twice = store(g, once, add(g, x, once));
    CHECK(once != before);
    CHECK(twice != once);
    for (const Value version : {once, twice}) {
        CHECK(g.info(version).kind == ValueKind::state);
        CHECK(g.info(version).name == "memory");
        CHECK(g.info(version).storage == before);
    }
    CHECK(g.state("memory", small) == twice);
    CHECK(g.state("other", small) == other);
    expect_error(Status::bad_input, {"[memory]"}, [&] { g.state("memory", {Type::f32, {4, 2}}); });
}

TEST_CASE("an op that writes two states makes a version of each") {
    Graph            g;
    const TensorDesc cache{Type::f32, {1, 2, 3, 4}}, row{Type::f32, {1, 1, 8}};
    const Caches     before{g.state("keys", cache), g.state("values", cache)};
    const Caches     after = kv_append(g, before, g.input("k", row), g.input("v", row), g.state("position", {Type::u32, {1}}));
    CHECK(g.info(after.key).storage == before.key);
    CHECK(g.info(after.value).storage == before.value);
    CHECK(g.state("keys", cache) == after.key);
    CHECK(g.state("values", cache) == after.value);
}

TEST_CASE("a node that is refused leaves the versions of states alone") {
    Graph            g;
    const TensorDesc cache{Type::f32, {1, 2, 3, 4}}, row{Type::f32, {1, 1, 8}};
    const Value      keys = g.state("keys", cache), k = g.input("k", row), position = g.state("position", {Type::u32, {1}}), values = g.input("values", cache);
    const auto       before = g.values().size();
    expect_error(Status::bad_input, {"[kv_append]", "values", "not a state"}, [&] { kv_append(g, {keys, values}, k, k, position); });
    CHECK(g.state("keys", cache) == keys);
    CHECK(g.values().size() == before);
}

TEST_CASE("weights one below the other") {
    Graph       g;
    const Value a = g.weight("a", {Type::f32, {2, 4}}), b = g.weight("b", {Type::f32, {3, 4}}), v = g.weight("v", {Type::f32, {5}});
    const Value both[] = {a, b}, nested[] = {a, g.concatenated_weight(both)}, vectors[] = {v, v};
    const Value whole = nested[1], three = g.concatenated_weight(nested), twice = g.concatenated_weight(vectors);
    CHECK(g.info(whole).kind == ValueKind::weight);
    CHECK(g.desc(whole).text() == "f32[5, 4]");
    CHECK(g.info(whole).parts == std::vector<std::string>{"a", "b"});
    CHECK(g.info(three).parts == std::vector<std::string>{"a", "a", "b"});
    CHECK(g.desc(three).shape[0] == 7);
    CHECK(g.desc(twice).text() == "f32[10]");
    CHECK(g.concatenated_weight(both) == whole);
    CHECK(g.info(whole).name != g.info(three).name);

    const Value x = g.input("x", {Type::f32, {2, 4}});
    const Value wrong[][2] = {{a, x}, {a, v}, {a, g.weight("half", {Type::f16, {2, 4}})}, {a, g.weight("wide", {Type::f32, {2, 5}})}};
    for (const auto& parts : wrong) {
        CAPTURE(g.info(parts[1]).name);
        expect_error(Status::bad_input, {g.info(parts[1]).name, "a"}, [&] { g.concatenated_weight(parts); });
    }
    expect_error(Status::usage, {"no parts"}, [&] { g.concatenated_weight({}); });
    const Value numbers[] = {g.weight("number", {Type::f32, {}}), g.weight("number", {Type::f32, {}})};
    expect_error(Status::bad_input, {"number"}, [&] { g.concatenated_weight(numbers); });
}

TEST_CASE("outputs") {
    Graph       g, other;
    const Value x = g.input("x", small), y = softmax(g, x);
    g.output("y", y);
    g.output("again", y);
    CHECK(g.outputs().at("y") == y);
    expect_error(Status::usage, {"[y]", "already"}, [&] { g.output("y", x); });
    expect_error(Status::usage, {"[z]", "another graph"}, [&] { g.output("z", Value{99}); });
    expect_error(Status::usage, {"[softmax]", "another graph"}, [&] { softmax(other, y); });
    CHECK(other.nodes().empty());
}

TEST_CASE("columns of operands") {
    Graph       g;
    const Value x = g.input("x", small), w = g.weight("w", {Type::f32, {3, 2}});
    const Value y = g.add(ops::linear, {Operand{x, 2, 2}, Operand{w}, std::nullopt, std::nullopt})[0];
    CHECK(g.desc(y).text() == "f32[2, 3]");
    CHECK(g.desc(Operand{x, 1, 3}).text() == "f32[2, 3]");
    CHECK(g.desc(Operand{x}).text() == "f32[2, 4]");
    for (const Operand& beyond : {Operand{x, 3, 2}, Operand{x, 4, 1}, Operand{x, ~std::uint64_t{0}, 2}, Operand{x, 2, ~std::uint64_t{0}}})
        expect_error(Status::bad_input, {"columns", "f32[2, 4]"}, [&] { g.desc(beyond); });
}

TEST_CASE("attributes") {
    Attributes a{{"count", std::int64_t{3}}, {"scale", 0.5}};
    CHECK(a.has("count"));
    CHECK(!a.has("counts"));
    CHECK(a.integer("count") == 3);
    CHECK(a.integer("none", 7) == 7);
    CHECK(a.real("scale") == 0.5);
    CHECK(a.real("count") == 3.0);
    CHECK(a.real("none", 2.5) == 2.5);
    CHECK(a.flag("count"));
    CHECK(!a.flag("none"));
    expect_error(Status::usage, {"scale"}, [&] { a.integer("scale"); });
    a.set("count", 1.5);
    CHECK(a.real("count") == 1.5);
    CHECK(a != Attributes{});
    CHECK(Attributes{{"x", std::int64_t{1}}} == Attributes{{"x", std::int64_t{1}}});
}

TEST_CASE("a graph as text") {
    Graph       g;
    const Value x = g.input("x", {Type::f32, {1, 2, 4}}), w = g.weight("w", {Type::f32, {4, 4}});
    const Value y = linear(g, x, w, {.activation = Activation::relu});
    const Value m = store(g, g.state("memory", {Type::f32, {2, 4}}), y);
    g.output("y", y);
    g.output("m", m);
    CHECK(g.text() == "%2 f32[1, 2, 4]  = linear(%0:x, %1:w, -, -) activation=1 type=0\n"
                      "%4:memory f32[2, 4]  = store(%3:memory, %2)\n"
                      "output m = %4:memory (state)\n"
                      "output y = %2 (temporary)\n");
}

}  // namespace attune::test
