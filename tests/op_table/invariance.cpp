// A row's bits depend on nothing but the row: not on how many others there are, nor on where it lies.
#include "checks/attention_case.h"
#include "op_table/table.h"
#include "support/test_devices.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace attune;
using namespace attune::test;

namespace {

// Rows [first, first + count) of the outermost axis.
Tensor outer_rows(const Tensor& tensor, std::uint64_t first, std::uint64_t count) {
    const Shape&               shape = tensor.desc().shape;
    std::vector<std::uint64_t> extents(shape.extents().begin(), shape.extents().end());
    const std::size_t          row_bytes = tensor.bytes().size() / extents[0];
    extents[0] = count;
    Tensor part({tensor.desc().type, Shape(std::span<const std::uint64_t>(extents))});
    std::memcpy(part.bytes().data(), tensor.bytes().data() + first * row_bytes, part.bytes().size());
    return part;
}

// Makes a case of some rows; `all` has the numbers of every row by name.
using Build = std::function<Case(const std::map<std::string, Tensor>& rows)>;

void check_rows_alone(const char* what, const std::map<std::string, Tensor>& all, std::uint64_t rows, const Build& build) {
    const auto whole = results(main_device(), build(all));
    for (const std::uint64_t count : {1u, 2u, 3u, 5u, 8u, 9u, 16u, 33u}) {
        const std::uint64_t           first = count * 7 % (rows - count);
        std::map<std::string, Tensor> part;
        for (const auto& [name, tensor] : all) part.emplace(name, outer_rows(tensor, first, count));
        for (const auto& [name, tensor] : results(main_device(), build(part))) {
            const std::string different = bit_difference(outer_rows(whole.at(name), first, count), tensor);
            const std::string place = std::string(what) + ", " + name + ", " + std::to_string(count) + " rows from " + std::to_string(first) + ": ";
            CHECK_MESSAGE(different.empty(), place << different);
        }
    }
}

constexpr std::uint64_t rows = 64;

}  // namespace

TEST_CASE("linear gives a row the same bits at any number of rows") {
    struct Product {
        std::uint64_t inputs, outputs;
    };
    for (const Product p : {Product{64, 48}, {257, 33}, {512, 130}}) {
        Random       random("invariant linear");
        const Tensor weight = random_tensor({Type::f32, {p.outputs, p.inputs}}, random, 0.2), bias = random_tensor({Type::f32, {p.outputs}}, random);
        check_rows_alone("linear", {{"x", random_tensor({Type::f32, {rows, p.inputs}}, random)}}, rows, [&](const auto& part) {
            Case c;
            c.graph.output("y", linear(c.graph, c.input("x", part.at("x")), c.weight("weight", weight), {.bias = c.weight("bias", bias), .activation = Activation::relu}));
            return c;
        });
    }
}

TEST_CASE("layer_norm, softmax and top_k give a row the same bits at any number of rows") {
    Random random("invariant rows");
    const Tensor gain = random_tensor({Type::f32, {509}}, random), bias = random_tensor({Type::f32, {509}}, random);
    check_rows_alone("row ops", {{"x", random_tensor({Type::f32, {rows, 509}}, random, 3)}}, rows, [&](const auto& part) {
        Case        c;
        const Value x = c.input("x", part.at("x"));
        c.graph.output("normal", layer_norm(c.graph, x, c.input("gain", gain), c.input("bias", bias)));
        c.graph.output("weights", softmax(c.graph, x));
        const TopK best = top_k(c.graph, x, 8);
        c.graph.output("ids", best.ids);
        c.graph.output("log_probabilities", best.log_probabilities);
        return c;
    });
}

TEST_CASE("attention gives a sequence the same bits among any others") {
    for (const std::uint64_t queries : {1u, 9u})
        for (const bool staged : {false, true}) {
            Random                        random("invariant attention");
            std::map<std::string, Tensor> all;
            for (const char* name : {"query", "key", "value"}) all.emplace(name, random_tensor({Type::f32, {rows, 2, name[0] == 'q' ? queries : 21, 32}}, random));
            all.emplace("lengths", random_ids({rows}, random, 22));
            check_rows_alone("attention", all, rows, [&](const auto& part) {
                Case                   c;
                const AttentionOptions options{.heads = 2, .lengths = c.control("lengths", part.at("lengths"))};
                const Value            query = c.input("query", part.at("query")), key = c.input("key", part.at("key")), value = c.input("value", part.at("value"));
                c.graph.output("y", staged ? attention_staged(c.graph, query, key, value, options).output : attention(c.graph, query, key, value, options));
                return c;
            });
        }
}
