// Every op but attention on cases small enough to work out by hand.
#include "oracle/calling.h"

#include <attune/ops.hpp>

using namespace attune;
using namespace attune::test;

namespace {

std::int64_t number(Activation activation) { return static_cast<std::int64_t>(activation); }

}  // namespace

TEST_CASE("linear multiplies by the transposed weight") {
    const Array x{{1, 2, 3}, {1, 2, 3, -1, 0, 1}};
    const Array weight{{2, 3}, {1, 0, -1, 2, 1, 0}};   // rows of W are outputs
    const Array bias{{2}, {10, -10}};
    const Array residual{{1, 2, 2}, {100, 200, 300, 400}};
    check_close(called(oracle::linear, {1, 2, 2}, {&x, &weight, nullptr, nullptr}).values, {-2, 4, -2, -2});
    check_close(called(oracle::linear, {1, 2, 2}, {&x, &weight, &bias, nullptr}).values, {8, -6, 8, -12});
    // The residual comes after the activation.
    check_close(
        called(oracle::linear, {1, 2, 2}, {&x, &weight, &bias, &residual}, {{"activation", number(Activation::relu)}})
            .values,
        {108, 200, 308, 400});
}

TEST_CASE("linear agrees with the plain sum in any shape") {
    const struct {
        std::uint64_t m, n, k;
    } cases[] = {{0, 3, 4}, {1, 1, 1}, {3, 2, 5}, {4, 7, 8}, {5, 3, 0}, {33, 5, 13}, {71, 2, 257}};
    for (const auto& [m, n, k] : cases) {
        const Array         x = random_array({m, k}, 1), weight = random_array({n, k}, 2);
        std::vector<double> expected(m * n);
        for (std::uint64_t r = 0; r < m; ++r)
            for (std::uint64_t c = 0; c < n; ++c)
                for (std::uint64_t i = 0; i < k; ++i)
                    expected[r * n + c] += x.values[r * k + i] * weight.values[c * k + i];
        check_close(called(oracle::linear, {m, n}, {&x, &weight}).values, expected);
    }
}

TEST_CASE("linear_chosen takes the rows that each sentence names") {
    const Array x{{4, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8}};            // two sentences of two rows
    const Array weight{{3, 2}, {1, 0, 0, 1, 1, -1}}, bias{{3}, {10, 20, 30}};
    const Array chosen{{2, 3}, {2, 0, no_id, 1, 1, 3}};            // a row beyond the weight is none
    check_close(called(oracle::linear_chosen, {4, 1, 3}, {&x, &weight, &chosen, nullptr}).values,
                {-1, 1, -infinity, -1, 3, -infinity, 6, 6, -infinity, 8, 8, -infinity});
    check_close(called(oracle::linear_chosen, {4, 1, 3}, {&x, &weight, &chosen, &bias}).values,
                {29, 11, -infinity, 29, 13, -infinity, 26, 26, -infinity, 28, 28, -infinity});
}

TEST_CASE("add") {
    const Array a{{2}, {1, -2}}, b{{2}, {0.5, 2}};
    check_close(called(oracle::add, {2}, {&a, &b}).values, {1.5, 0});
}

TEST_CASE("activations at points with known values") {
    const struct {
        Activation activation;
        double     x, y;
    } cases[] = {
        {Activation::none, -3, -3},
        {Activation::relu, -3, 0},
        {Activation::relu, 3, 3},
        {Activation::gelu, 0, 0},
        {Activation::gelu, 1, 0.8413447460685429},   // the normal distribution's Phi(1)
        {Activation::gelu, -1, -0.15865525393145705},
        {Activation::gelu_tanh, 1, 0.8411919906082768},
        {Activation::silu, 0, 0},
        {Activation::silu, 1, 0.7310585786300049},   // 1 / (1 + 1/e)
        {Activation::silu, -1000, 0},
    };
    for (const auto& row : cases) {
        CAPTURE(number(row.activation));
        const Array x{{1}, {row.x}};
        check_close(called(oracle::activate, {1}, {&x}, {{"activation", number(row.activation)}}).values, {row.y});
    }
}

TEST_CASE("layer_norm") {
    const Array x{{2, 2}, {1, 3, 5, 5}}, gain{{2}, {2, 10}}, bias{{2}, {0, 1}};
    // Row 1: mean 2, variance 1. Row 2: mean 5, variance 0, which epsilon keeps from dividing by 0.
    check_close(called(oracle::layer_norm, {2, 2}, {&x, nullptr, &gain, &bias}, {{"epsilon", 3.0}}).values,
                {-1, 6, 0, 1});
    const Array residual{{2, 2}, {2, -2, 0, 2}};   // z = 3 1, 5 7
    check_close(called(oracle::layer_norm, {2, 2}, {&x, &residual, &gain, &bias}, {{"epsilon", 0.0}}).values,
                {2, -9, -2, 11});
}

TEST_CASE("softmax") {
    const double log2 = std::log(2.0), log3 = std::log(3.0);
    const Array  x{{4, 3}, {0, log2, log3, 1000, 1000, -infinity, -infinity, -infinity, -infinity, 0, not_a_number, 0}};
    const Array  y = called(oracle::softmax, {4, 3}, {&x});
    check_close(y.values, {1.0 / 6, 2.0 / 6, 3.0 / 6, 0.5, 0.5, 0, 0, 0, 0, not_a_number, not_a_number, not_a_number});
    const Array none{{2, 0}, {}};
    CHECK(called(oracle::softmax, {2, 0}, {&none}).values.empty());
}

TEST_CASE("split_heads and merge_heads") {
    const Array rows{{1, 2, 4}, {0, 1, 2, 3, 4, 5, 6, 7}};
    const Array heads = called(oracle::split_heads, {1, 2, 2, 2}, {&rows}, {{"heads", std::int64_t{2}}});
    check_close(heads.values, {0, 1, 4, 5, 2, 3, 6, 7});
    check_close(called(oracle::merge_heads, {1, 2, 4}, {&heads}).values, rows.values);
}

TEST_CASE("kv_append writes at each row's own position and drops what is beyond") {
    // B = 2, Hk = 2, T = 3, D = 1; S = 2 new rows per batch.
    Array            keys{{2, 2, 3, 1}, std::vector<double>(12)}, values = keys;
    const Array      key{{2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}};        // [B, S, Hk * D]
    const Array      value{{2, 2, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8}};   // [B, Hk, S, D]
    const Array      position{{2}, {0, 2}};
    const Attributes attributes{{"heads", std::int64_t{2}}};
    oracle::kv_append(
        {attributes, {&keys, &values, &key, &value, &position}, {{&keys, Type::f32}, {&values, Type::f32}}});
    check_close(keys.values, {1, 3, 0, 2, 4, 0, 0, 0, 5, 0, 0, 6});
    check_close(values.values, {1, 2, 0, 3, 4, 0, 0, 0, 5, 0, 0, 7});
}

TEST_CASE("store rounds to the type of the state") {
    const Array      x{{1, 2}, {1 + std::ldexp(1.0, -12), -2}};
    const Attributes none;
    Array            memory{{2, 2}, {9, 9, 9, 9}};
    oracle::store({none, {&memory, &x}, {{&memory, Type::f32}}});
    check_close(memory.values, {x.values[0], -2, 9, 9}, 0);
    oracle::store({none, {&memory, &x}, {{&memory, Type::f16}}});
    check_close(memory.values, {1, -2, 9, 9}, 0);
}

TEST_CASE("embedding") {
    const Array ids{{2, 2}, {0, 2, 1, 77}};   // 77 is beyond the table: its last row
    const Array table{{3, 2}, {1, 2, 3, 4, 5, 6}};
    check_close(called(oracle::embedding, {2, 2, 2}, {&ids, &table}, {{"scale", 2.0}}).values,
                {2, 4, 10, 12, 6, 8, 10, 12});
    const Attributes zero{{"beyond", static_cast<std::int64_t>(Beyond::zero)}};
    check_close(called(oracle::embedding, {2, 2, 2}, {&ids, &table}, zero).values, {1, 2, 5, 6, 3, 4, 0, 0});
    const Array positions{{2, 2}, {1, 0, 0, 9}}, position_table{{2, 2}, {100, 200, 300, 400}};
    check_close(called(oracle::embedding, {2, 2, 2}, {&ids, &table, &positions, &position_table}).values,
                {301, 402, 105, 206, 103, 204, 305, 406});
    check_close(called(oracle::embedding, {2, 2, 2}, {&ids, &table, &positions, &position_table}, zero).values,
                {301, 402, 105, 206, 103, 204, 300, 400});
    const Array more{{5}, {1, 0, 0, 9, 7}};   // the rows of a state may be more than the ids
    check_close(called(oracle::embedding, {2, 2, 2}, {&ids, &table, &more, &position_table}).values,
                {301, 402, 105, 206, 103, 204, 305, 406});
}

TEST_CASE("top_k") {
    // exp of the logits: 1 3 1 3 2, sum 10.
    const Array logits{{2, 5},
                       {0, std::log(3.0), 0, std::log(3.0), std::log(2.0), 0, -infinity, 0, -infinity, -infinity}};
    const auto  run = [&](const Array* banned, std::int64_t k) {
        std::vector<double> both;
        const auto          n = static_cast<std::uint64_t>(k);
        Array               ids{{2, n}, std::vector<double>(2 * n)}, probabilities = ids;
        const Attributes    attributes{{"k", k}};
        oracle::top_k({attributes, {&logits, banned}, {{&ids, Type::u32}, {&probabilities, Type::f32}}});
        both = ids.values;
        both.insert(both.end(), probabilities.values.begin(), probabilities.values.end());
        return both;
    };
    const double p1 = std::log(0.1), p2 = std::log(0.2), p3 = std::log(0.3), half = std::log(0.5);
    check_close(run(nullptr, 3), {1, 3, 4, 0, 2, no_id, p3, p3, p2, half, half, -infinity});
    // Banned tokens stay in the sum but are not chosen.
    const Array banned{{2, 2}, {1, 4, 0, no_id}};
    check_close(run(&banned, 4),
                {3, 0, 2, no_id, 2, no_id, no_id, no_id, p3, p1, p1, -infinity, half, -infinity, -infinity, -infinity});
}

TEST_CASE("reorder_ancestors") {
    // Two sentences of two beams, capacity 3.
    Array            ancestors{{5, 3}, {0, 0, 9, 1, 0, 9, 2, 9, 9, 3, 9, 9, 7, 7, 7}};   // the last row is in no use
    const Array      parents{{4}, {1, 1, 3, 2}}, position{{4}, {2, 2, 1, 1}};
    const Attributes attributes{{"beams", std::int64_t{2}}};
    oracle::reorder_ancestors({attributes, {&ancestors, &parents, &position}, {{&ancestors, Type::u32}}});
    check_close(ancestors.values, {1, 0, 0, 1, 0, 1, 3, 2, 2, 2, 3, 3, 7, 7, 7});
}

TEST_CASE("ssru") {
    // Two sentences of two beams; gates of a half, of one and of nothing, which exp overflows on.
    const Array forget{{4, 1, 2}, {0, 1e4, 0, -1e4, 0, 0, 0, std::log(3.0)}}, candidate{{4, 1, 2}, {2, 5, 4, -6, 2, 2, 2, 4}};
    const Array parents{{4}, {1, 1, 77, 0}}, position{{5}, {1, 1, 1, 0, 9}};   // 77 and 0 lie outside the sentence
    const Array before{{5, 2}, {-9, -9, -4, 8, 10, 20, -20, not_a_number, 7, 7}};
    const auto  run = [&](const Array* moved, const Array* at, std::int64_t beams) {
        Array            cell = before, output{{4, 1, 2}, std::vector<double>(8)};
        const Attributes attributes{{"beams", beams}};
        oracle::ssru({attributes, {&cell, &forget, &candidate, moved, at}, {{&output, Type::f32}, {&cell, Type::f32}}});
        return std::pair{cell.values, output.values};
    };
    const auto [cell, output] = run(&parents, &position, 2);
    check_close(cell, {-1, 8, 0, -6, -9, not_a_number, 1, 1, 7, 7});   // the last row begins: a quarter of 4, not of NaN
    check_close(output, {0, 8, 0, 0, 0, not_a_number, 1, 1});
    const auto alone = run(nullptr, &position, 1);
    check_close(alone.first, {-3.5, -9, 0, -6, 6, 11, 1, 1, 7, 7});
    check_close(alone.second, {0, 0, 0, 0, 6, 11, 1, 1});
}

TEST_CASE("advance") {
    Array            position{{2}, {5, no_id}};
    const Attributes attributes{{"step", std::int64_t{2}}};
    oracle::advance({attributes, {&position}, {{&position, Type::u32}}});
    check_close(position.values, {7, 1});
}

TEST_CASE("columns") {
    const Array x{{2, 3}, {0, 1, 2, 3, 4, 5}};
    check_close(called(oracle::columns, {2, 2}, {&x}, {{"column", std::int64_t{1}}, {"width", std::int64_t{2}}}).values,
                {1, 2, 4, 5});
}

TEST_CASE("keep_rows moves rows up, and row numbers with them") {
    const Array      indices{{2}, {0, 2}};
    Array            memory{{3, 2}, {0, 0, 1, 1, 2, 2}};
    const Attributes none, renumber{{"renumber", std::int64_t{1}}};
    Array            numbers = memory;
    oracle::keep_rows({none, {&memory, &indices}, {{&memory, Type::u32}}});
    check_close(memory.values, {0, 0, 2, 2, 2, 2});
    oracle::keep_rows({renumber, {&numbers, &indices}, {{&numbers, Type::u32}}});
    check_close(numbers.values, {0, 0, 1, 1, 2, 2});
}
