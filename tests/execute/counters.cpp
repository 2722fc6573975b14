// Words that dispatches count in are 0 before each run: when they are made, when they move, when a run was begun and
// given up.
#include "checks/numbers.h"
#include "plan/rewrite.h"
#include "support/test_devices.h"

#include <attune/ops.hpp>
#include <attune/oracle.hpp>
#include <attune/session.hpp>

#include <doctest/doctest.h>

namespace attune::test {
namespace {

constexpr std::uint64_t width = 92;
const RunOptions        options{.precision = Precision::f32};

// Two products with norms, one behind the other.
Graph normed_twice(std::uint64_t rows) {
    Graph            g;
    const TensorDesc vector{Type::f32, {width}};
    const Value      weight = g.weight("weight", {Type::f32, {width, width}}), gain = g.weight("gain", vector), shift = g.weight("shift", vector);
    Value            x = g.input("x", {Type::f32, {rows, width}});
    for (int turn = 0; turn < 2; ++turn) x = layer_norm(g, linear(g, x, weight, {.residual = x}), gain, shift);
    g.output("y", x);
    return g;
}

struct Norms {
    WeightMap weights;
    Session   session;

    static WeightMap some_weights() {
        WeightMap   map;
        Random      random("weights of counters");
        const Graph graph = normed_twice(1);
        for (const ValueInfo& info : graph.values())
            if (info.kind == ValueKind::weight) map.set(info.name, random_tensor(info.desc, random, 0.3));
        return map;
    }

    explicit Norms(const Graph& graph) : weights(some_weights()), session(main_device(), Weights(main_device(), weights, {&graph, 1}, options)) {}

    Tensor set(std::uint64_t rows) {
        Random random("rows of counters");
        Tensor x = random_tensor({Type::f32, {rows, width}}, random);
        session.set("x", x.view());
        return x;
    }

    std::string wrong(std::uint64_t rows, const Tensor& x) {
        oracle::Session oracle(&weights);
        oracle.set("x", x);
        oracle.run(normed_twice(rows));
        return difference(session.get("y"), oracle.get("y"), 1e-9);
    }
};

}  // namespace

TEST_CASE("runs of more and of fewer rows count from 0") {
    Norms norms(normed_twice(1));
    for (const std::uint64_t rows : {3u, 70u, 3u, 300u, 17u}) {
        CAPTURE(rows);
        const Program program = norms.session.prepare(normed_twice(rows));
        const Tensor  x       = norms.set(rows);
        for (int turn = 0; turn < 2; ++turn) {
            norms.session.run(program);
            CHECK(norms.wrong(rows, x) == "");
        }
    }
}

TEST_CASE("a run that was given up leaves nothing counted") {
    Norms         norms(normed_twice(1));
    const Program program = norms.session.prepare(normed_twice(40));
    const Tensor  x       = norms.set(40);
    norms.session.begin(program);
    CHECK_FALSE(norms.session.submit_next(Budget(1, 1)));
    norms.session.wait();
    norms.session.begin(program);
    while (!norms.session.submit_next(Budget(1, 1))) norms.session.wait();
    norms.session.wait();
    CHECK(norms.wrong(40, x) == "");
}

}  // namespace attune::test
