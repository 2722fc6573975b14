// The types in which a rewritten graph keeps its states.
#include "graph/op.h"
#include "plan/planning.h"
#include "support/expect_error.h"

#include <doctest/doctest.h>

namespace attune::test {

TEST_CASE("caches have their own type, whatever the precision") {
    for (const Precision precision : {Precision::f32, Precision::f16, Precision::int8})
        for (const Type cache : {Type::f32, Type::f16})
            for (std::uint64_t seed = 0; seed < 100; ++seed) {
                CAPTURE(seed);
                Example     example = random_example({.seed = seed, .int8 = seed % 2 == 0});
                const Graph follows = rewrite(example.graph, {.precision = cache == Type::f16 ? Precision::f16 : Precision::f32, .fuse = true});
                const Graph graph   = rewrite(example.graph, {.precision = precision, .cache = cache, .fuse = true});
                const Graph without = rewrite(example.graph, {.precision = precision, .fuse = true});
                CAPTURE(graph.text());
                std::map<std::string, TensorDesc> states, weights;
                for (const ValueInfo& info : follows.values())
                    if (info.kind == ValueKind::state) states.insert_or_assign(info.name, info.desc);
                for (const ValueInfo& info : without.values())
                    if (info.kind == ValueKind::weight) weights.insert_or_assign(info.name, info.desc);
                for (const ValueInfo& info : graph.values()) {
                    if (info.kind == ValueKind::state) CHECK(info.desc == states.at(info.name));
                    if (info.kind == ValueKind::weight) CHECK(info.desc == weights.at(info.name));
                }
                CHECK(oracle_results(graph, example).size() >= example.graph.outputs().size());
            }
    Graph g;
    expect_error(Status::usage, {"cache", "i8"}, [&] { rewrite(g, {.cache = Type::i8}); });
}

TEST_CASE("an exact state keeps its type where nothing but a move touches it") {
    Graph       g;
    const Value kept = g.control("kept", {Type::u32, {2}});
    keep_rows(g, g.exact_state("cell", {Type::f32, {4, 8}}), kept);
    keep_rows(g, g.state("cache", {Type::f32, {4, 8}}), kept);
    const Graph half = rewrite(g, {.precision = Precision::f16, .fuse = true});
    for (const ValueInfo& info : half.values())
        if (info.kind == ValueKind::state) CHECK(info.desc.type == (info.name == "cell" ? Type::f32 : Type::f16));
    expect_error(Status::bad_input, {"[cell]", "f32[4, 8]"}, [&] { g.state("cell", {Type::f32, {4, 8}}); });   // all have to say so
}

}  // namespace attune::test
