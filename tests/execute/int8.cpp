// Weights of i8 on a device: what their source says of them, and what memory they take.
#include "checks/numbers.h"
#include "support/expect_error.h"
#include "support/test_devices.h"

#include <attune/ops.hpp>
#include <attune/session.hpp>

#include <doctest/doctest.h>

#include <cmath>

namespace attune::test {
namespace {

// A matrix of i8 with any scales, as a file might have them.
class Source final : public WeightSource {
public:
    explicit Source(std::vector<float> scales) : numbers_(4 * 8), scales_(std::move(scales)) {}

    const TensorDesc* find(const std::string&) const override { return &desc_; }
    TensorView        at(const std::string&) override { return {desc_, numbers_, scales_}; }

private:
    TensorDesc             desc_{Type::i8, {4, 8}};
    std::vector<std::byte> numbers_;
    std::vector<float>     scales_;
};

Graph product(Type type, std::uint64_t outputs, std::uint64_t inputs) {
    Graph g;
    g.output("y", linear(g, g.input("x", {Type::f32, {2, inputs}}), g.weight("w", {type, {outputs, inputs}})));
    return g;
}

}  // namespace

TEST_CASE("scales of i8 that are too few, too many, or no numbers are refused") {
    const Graph graph = product(Type::i8, 4, 8);
    const auto  load  = [&](std::vector<float> scales) {
        Source source(std::move(scales));
        Weights(main_device(), source, {&graph, 1}, {});
    };
    load({0.5f});
    load({0.5f, 0.0f, 1.0f, 2.0f});
    for (const std::size_t count : {0u, 2u, 3u, 5u})
        expect_error(Status::bad_input, {"[w]", std::to_string(count) + " scales"}, [&] { load(std::vector<float>(count, 1.0f)); });
    for (const float wrong : {INFINITY, -INFINITY, std::nanf("")})
        expect_error(Status::bad_input, {"[w]", "finite"}, [&] { load({0.5f, wrong, 1.0f, 2.0f}); });
}

TEST_CASE("int8 takes less than a third of f32's memory") {
    Random    random("memory of int8");
    WeightMap source;
    source.set("w", random_tensor({Type::f32, {512, 256}}, random));
    const Graph graph = product(Type::f32, 512, 256);
    const auto  bytes = [&](Precision precision) { return Weights(main_device(), source, {&graph, 1}, {.precision = precision}).bytes(); };
    CHECK(bytes(Precision::int8) * 10 < bytes(Precision::f32) * 3);
    CHECK(bytes(Precision::int8) * 10 < bytes(Precision::f16) * 6);
}

}  // namespace attune::test
