// A row's bits depend on nothing but the row: not on how many others there are, nor on where it lies.
#include "checks/attention_case.h"
#include "op_table/table.h"
#include "support/test_devices.h"

#include <doctest/doctest.h>

#include <cmath>
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

TEST_CASE("a product gives its rows the same norm at any number of rows, fused or not") {
    struct Product {
        std::uint64_t inputs, outputs;
    };
    const std::size_t every = takes_few_rows() ? 3 : 1;
    std::size_t       turn  = 0;
    for (const Product p : {Product{64, 48}, {24, 28}, {96, 64}, {257, 92}, {40, 260}, {512, 512}, {33, 1028}, {64, 130}}) {
        if (turn++ % every != 0) continue;
        Random       random("invariant norm");
        const Tensor weight = random_tensor({Type::f32, {p.outputs, p.inputs}}, random, 0.2), gain = random_tensor({Type::f32, {p.outputs}}, random), shift = random_tensor({Type::f32, {p.outputs}}, random);
        const std::map<std::string, Tensor> all = {{"x", random_tensor({Type::f32, {rows, p.inputs}}, random)}, {"residual", random_tensor({Type::f32, {rows, p.outputs}}, random, 3)}};
        const auto build = [&](const auto& part, bool fuse) {
            Case c;
            c.options.fuse = fuse;
            const Value sum = linear(c.graph, c.input("x", part.at("x")), c.weight("weight", weight), {.residual = c.input("residual", part.at("residual"))});
            c.graph.output("y", layer_norm(c.graph, sum, c.weight("gain", gain), c.weight("shift", shift)));
            return c;
        };
        check_rows_alone("linear with a norm", all, rows, [&](const auto& part) { return build(part, true); });
        for (const Device* const device : {&main_device(), profile() == "lavapipe" ? &as_gpu_device() : nullptr})
            for (const std::uint64_t count : {1u, 3u, 7u, 33u}) {
                if (!device) continue;
                const std::map<std::string, Tensor> some = {{"x", outer_rows(all.at("x"), 0, count)}, {"residual", outer_rows(all.at("residual"), 0, count)}};
                INFO(p.outputs, " ", count, " ", device == &main_device());
                CHECK(bit_difference(results(*device, build(some, true)).at("y"), results(*device, build(some, false)).at("y")) == "");
            }
    }
}

TEST_CASE("linear with i8 gives the bits of f32 of the same numbers, at any number of rows") {
    struct Product {
        std::uint64_t inputs, outputs;
    };
    for (const Product p : {Product{64, 48}, {257, 33}, {1000, 130}})   // panels of f32 that the smallest binding sees whole
        for (const bool tied : {false, true}) {
            Random       random("invariant i8");
            const Tensor whole = random_int8({p.outputs, p.inputs}, random, Scales::by_row), same = Tensor::from_doubles({Type::f32, {p.outputs, p.inputs}}, whole.doubles());
            const Tensor x = random_tensor({Type::f32, {rows, p.inputs}}, random), ids = random_ids({rows}, random, static_cast<std::uint32_t>(p.outputs));
            const auto   build = [&](const Tensor& weight, const auto& part) {
                Case        c;
                const Value table = c.weight("weight", weight);
                const Value rows_of = tied ? embedding(c.graph, c.control("ids", part.at("ids")), table, {.scale = 2}) : c.input("x", part.at("x"));
                c.graph.output("y", linear(c.graph, rows_of, table));
                return c;
            };
            const std::map<std::string, Tensor> all = tied ? std::map<std::string, Tensor>{{"ids", ids}} : std::map<std::string, Tensor>{{"x", x}};
            check_rows_alone("linear i8", all, rows, [&](const auto& part) { return build(whole, part); });
            CHECK(bit_difference(results(main_device(), build(whole, all)).at("y"), results(main_device(), build(same, all)).at("y")) == "");
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
        for (const std::uint64_t k : {8u, 40u}) {
            const TopK best = top_k(c.graph, x, k);
            c.graph.output("ids of " + std::to_string(k), best.ids);
            c.graph.output("log_probabilities of " + std::to_string(k), best.log_probabilities);
        }
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

// How long the cache is follows from the longest sequence of a batch, and windows of it from the device.
TEST_CASE("a decode step gives a row the same bits whatever room there is for keys, and beside any others") {
    constexpr std::uint64_t batch = 40, most = 1300;
    Random                  random("invariant slices");
    const Tensor            query = random_tensor({Type::f32, {batch, 2, 1, 16}}, random), key = random_tensor({Type::f32, {batch, 2, most, 16}}, random, 2),
                 value = random_tensor({Type::f32, {batch, 2, most, 16}}, random);
    std::vector<std::uint32_t> lengths = {0, 1, 255, 256, 257, 300, 511, 512, 513, 900, 1300};
    while (lengths.size() < batch) lengths.push_back(1 + random.below(most));
    const auto with_room = [&](const Tensor& all, std::uint64_t count, std::uint64_t room) {
        Tensor part({Type::f32, {count, 2, room, 16}});
        for (std::uint64_t head = 0; head < count * 2; ++head) std::memcpy(&part.as<float>()[head * room * 16], &all.as<float>()[head * most * 16], room * 16 * 4);
        return part;
    };
    const auto run = [&](const Device& device, std::uint64_t count, std::uint64_t room) {
        Case                   c;
        const AttentionOptions options{.heads = 2, .lengths = c.control("lengths", Tensor::u32({count}, {lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(count)}))};
        const Value            q = c.input("query", outer_rows(query, 0, count)), k = c.input("key", with_room(key, count, room)), v = c.input("value", with_room(value, count, room));
        c.graph.output("y", attention(c.graph, q, k, v, options));
        return results(device, c).at("y");
    };
    const Device windows = Device::open({.select = "", .caps = {.max_binding = 40u << 10}, .get_instance_proc = nullptr, .qualify = false});   // two slices of a head and no more
    for (const Device* const device : {&main_device(), profile() == "lavapipe" ? &as_gpu_device() : nullptr}) {
        if (!device) continue;
        const Tensor whole = run(*device, batch, most);
        for (const std::uint64_t room : {200u, 256u, 257u, 512u, 700u, 1300u})
            for (const std::uint64_t count : {1u, 11u, 40u}) {
                const Tensor some = run(*device, count, room);
                for (std::uint64_t row = 0; row < count; ++row)
                    if (lengths[row] <= room) CHECK_MESSAGE(bit_difference(outer_rows(whole, row, 1), outer_rows(some, row, 1)) == "", "row " << row << " of " << count << ", room for " << room);
            }
    }
    if (profile() == "lavapipe") CHECK(bit_difference(run(main_device(), batch, most), run(windows, batch, most)) == "");
}

TEST_CASE("linear_chosen gives a row of the weight the same bits in any list, beside any others") {
    constexpr std::uint64_t vocabulary = 300, places = 200;
    Random                  random("invariant shortlist");
    const Tensor            weight = random_tensor({Type::f32, {vocabulary, 257}}, random, 0.2), bias = random_tensor({Type::f32, {vocabulary}}, random);
    const Tensor            x = random_tensor({Type::f32, {12, 257}}, random), list = random_ids({places}, random, vocabulary);
    const auto              run = [&](const Tensor& lists) {
        Case c;
        c.graph.output("y", linear_chosen(c.graph, c.input("x", x), c.weight("weight", weight), c.control("chosen", lists), c.weight("bias", bias)));
        return results(main_device(), c).at("y");
    };
    Tensor whole_list({Type::u32, {1, places}});
    std::memcpy(whole_list.bytes().data(), list.bytes().data(), list.bytes().size());
    const Tensor whole = run(whole_list);   // one sentence of 12 beams
    for (const std::uint64_t beams : {1u, 2u, 4u, 6u, 12u})
        for (const std::uint64_t count : {1u, 7u, 64u, 199u}) {
            Tensor lists({Type::u32, {12 / beams, count}});   // each sentence has another part of the list, backwards
            for (std::uint64_t s = 0; s < 12 / beams; ++s)
                for (std::uint64_t i = 0; i < count; ++i) lists.as<std::uint32_t>()[s * count + i] = list.as<std::uint32_t>()[(s * 31 + places - i) % places];
            const Tensor  y = run(lists);
            std::uint64_t different = 0;
            for (std::uint64_t row = 0; row < 12; ++row)
                for (std::uint64_t i = 0; i < count; ++i)
                    different += y.as<float>()[row * count + i] != whole.as<float>()[row * places + (row / beams * 31 + places - i) % places];
            CHECK_MESSAGE(different == 0, different << " elements with " << beams << " beams, lists of " << count);
        }
}

// Sentences share the width of a batch's lists: the empty places at the end must not show.
TEST_CASE("top_k gives the same bits whatever -inf follows the logits") {
    struct Padded {
        std::uint64_t logits, widest;
        std::vector<std::uint64_t> widths;
    };
    for (const Padded& p : {Padded{300, 0, {301, 384, 1000, 5000, 16'384}}, {1000, 32'000, {1024, 4096, 16'385, 20'011, 32'000}}}) {
        Random       random("padded logits");
        const Tensor logits = random_tensor({Type::f32, {3, p.logits}}, random, 3);
        const auto   run = [&](std::uint64_t width) {
            Tensor padded = filled({Type::f32, {3, width}}, -INFINITY);
            for (std::uint64_t row = 0; row < 3; ++row) std::memcpy(&padded.as<float>()[row * width], &logits.as<float>()[row * p.logits], p.logits * 4);
            Case        c;
            const Value x = c.input("x", padded);
            for (const std::uint64_t k : {12u, 40u}) {
                const TopK best = top_k(c.graph, x, k, {}, Banned::counted, p.widest);
                c.graph.output("ids of " + std::to_string(k), best.ids);
                c.graph.output("log_probabilities of " + std::to_string(k), best.log_probabilities);
            }
            return results(main_device(), c);
        };
        const auto alone = run(p.logits);
        for (const std::uint64_t width : p.widths)
            for (const auto& [name, tensor] : run(width)) {
                const std::string different = bit_difference(alone.at(name), tensor);
                const std::string place = name + " of " + std::to_string(p.logits) + " in " + std::to_string(width) + ": ";
                CHECK_MESSAGE(different.empty(), place << different);
            }
    }
}

// Kernels differ by how many are wanted: what is not to be found, and what makes a sum nothing, is so for all of them.
TEST_CASE("top_k begins with the same tokens however many are wanted, whatever the logits are") {
    constexpr std::uint64_t vocabulary = 3001, most = 64;
    const float             above = INFINITY, below = -INFINITY;
    const float             nothing = profile() == "swiftshader" ? below : NAN;   // to which NaN is larger than -inf
    Random                  random("any logits");
    Tensor                  logits = random_tensor({Type::f32, {6, vocabulary}}, random, 3);
    const auto              fill = [&](std::uint64_t row, std::uint64_t first, std::uint64_t step, float value) {
        for (std::uint64_t id = first; id < vocabulary; id += step) logits.as<float>()[row * vocabulary + id] = value;
    };
    fill(1, 0, 3, nothing), fill(1, 1, 7, below);
    fill(2, 0, 1, below), fill(2, 700, 900, 2);         // three that are possible
    fill(3, 0, 1, nothing);
    fill(4, 0, 1, below);
    fill(5, 0, 2, 1.5f), fill(5, 5, 100, nothing), fill(5, 1234, vocabulary, above);
    Case        c;
    const Value x = c.input("x", logits);
    for (const std::uint64_t k : {most, std::uint64_t{17}, std::uint64_t{16}, std::uint64_t{8}, std::uint64_t{1}}) {
        const TopK best = top_k(c.graph, x, k);
        c.graph.output("ids" + std::to_string(k), best.ids);
        c.graph.output("logs" + std::to_string(k), best.log_probabilities);
    }
    const auto found = results(main_device(), c);
    const auto ids = found.at("ids64").as<std::uint32_t>();
    const auto logs = found.at("logs64").as<float>();
    for (const std::uint64_t k : {17u, 16u, 8u, 1u}) {
        std::uint64_t different = 0;
        for (std::uint64_t i = 0; i < 6 * k; ++i) {
            const std::uint64_t all = i / k * most + i % k;
            const float         log = found.at("logs" + std::to_string(k)).as<float>()[i];
            different += found.at("ids" + std::to_string(k)).as<std::uint32_t>()[i] != ids[all];
            different += !(std::isnan(log) ? std::isnan(logs[all]) : log == logs[all] || std::abs(log - logs[all]) < 1e-5f);
        }
        CHECK_MESSAGE(different == 0, different << " elements of the best " << k);
    }
    CHECK(ids[2 * most + 2] == 2500);
    CHECK(ids[2 * most + 3] == UINT32_MAX);
    CHECK(ids[3 * most] == UINT32_MAX);
    CHECK(ids[4 * most] == UINT32_MAX);
    CHECK(ids[5 * most] == 1234);
    for (std::uint64_t i = 0; i < most; ++i) CHECK((ids[most + i] % 3 != 0 && ids[most + i] % 7 != 1));
}
