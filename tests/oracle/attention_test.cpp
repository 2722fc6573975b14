// Attention against a formula written out for one query, and its three ways of saying who sees whom
// against each other.
#include "oracle/calling.h"

using namespace attune;
using namespace attune::test;

namespace {

// Reads [B, H, S, D] or [B, S, H * D].
double element(const Array& a, std::uint64_t heads, std::uint64_t b, std::uint64_t h, std::uint64_t s,
               std::uint64_t d) {
    if (a.shape.rank() == 4) return a.values[((b * a.shape[1] + h) * a.shape[2] + s) * a.shape[3] + d];
    const std::uint64_t size = a.shape[2] / heads;
    return a.values[(b * a.shape[1] + s) * a.shape[2] + h * size + d];
}

// One number of the result, by explicit exp over the given keys of batch kb.
double expected(const Array& q, const Array& k, const Array& v, std::uint64_t heads, std::uint64_t key_heads,
                std::uint64_t b, std::uint64_t h, std::uint64_t s, std::uint64_t d, std::uint64_t size,
                const std::vector<std::uint64_t>& keys) {
    const std::uint64_t kh    = h / (heads / key_heads);
    double              above = 0, below = 0;
    for (const std::uint64_t t : keys) {
        double dot = 0;
        for (std::uint64_t i = 0; i < size; ++i)
            dot += element(q, heads, b, h, s, i) * element(k, key_heads, b, kh, t, i);
        const double weight = std::exp(dot / std::sqrt(static_cast<double>(size)));
        above += weight * element(v, key_heads, b, kh, t, d);
        below += weight;
    }
    return keys.empty() ? 0 : above / below;
}

struct Masks {
    const Array* lengths   = nullptr;
    const Array* blocks    = nullptr;
    const Array* ancestors = nullptr;
};

Array fused(const Array& q, const Array& k, const Array& v, const Masks& m, const Attributes& attributes) {
    return called(oracle::attention, q.shape, {&q, &k, &v, m.lengths, m.blocks, m.ancestors}, attributes);
}

Array staged(const Array& q, const Array& k, const Array& v, const Masks& m, const Attributes& attributes,
             const Shape& scores_shape) {
    const Array scores =
        called(oracle::attention_scores, scores_shape, {&q, &k, m.lengths, m.blocks, m.ancestors}, attributes);
    const Array weights = called(oracle::softmax, scores_shape, {&scores});
    return called(oracle::attention_values, q.shape, {&weights, &v, m.lengths, m.blocks, m.ancestors}, attributes);
}

std::int64_t integer(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// The same numbers in rows layout.
Array as_rows(const Array& heads) {
    return called(oracle::merge_heads, {heads.shape[0], heads.shape[2], heads.shape[1] * heads.shape[3]}, {&heads});
}

}  // namespace

TEST_CASE("attention by hand") {
    // D = 1 and scale 1: scores are 0, log 3 for query 1 and 0, 0 for query 0.
    const Array q{{1, 1, 2, 1}, {0, 1}}, k{{1, 1, 2, 1}, {0, std::log(3.0)}}, v{{1, 1, 2, 1}, {10, 20}};
    check_close(fused(q, k, v, {}, {}).values, {15, 17.5});
    check_close(fused(q, k, v, {}, {{"causal", std::int64_t{1}}}).values, {10, 17.5});
    check_close(fused(q, k, v, {}, {{"scale", 2.0}}).values, {15, 19});   // 1 : 9
    check_close(fused(q, k, v, {}, {{"causal", std::int64_t{1}}, {"query_position", std::int64_t{-1}}}).values,
                {0, 10});
}

TEST_CASE("attention follows the formula: layouts, grouped heads, lengths, causal") {
    const struct {
        std::uint64_t b, h, hk, s, t, d;
        std::int64_t  causal, position, offset;
    } cases[] = {
        {1, 1, 1, 1, 1, 1, 0, 0, 0}, {2, 4, 4, 3, 5, 2, 0, 0, 0},  {2, 4, 2, 3, 5, 3, 1, 1, 0},
        {3, 6, 1, 4, 4, 2, 1, 0, 1}, {2, 2, 2, 1, 7, 4, 0, 0, -1},
    };
    for (const auto& c : cases) {
        const Array q = random_array({c.b, c.h, c.s, c.d}, 1), k = random_array({c.b, c.hk, c.t, c.d}, 2);
        const Array v = random_array({c.b, c.hk, c.t, c.d}, 3);
        Array       lengths{{c.b}, {}};
        for (std::uint64_t b = 0; b < c.b; ++b)
            lengths.values.push_back(static_cast<double>((3 * b + c.t - 2) % (c.t + 2)));
        const Attributes attributes{{"heads", integer(c.h)},
                                    {"key_value_heads", integer(c.hk)},
                                    {"causal", c.causal},
                                    {"query_position", c.position},
                                    {"lengths_offset", c.offset}};

        std::vector<double> wanted;
        for (std::uint64_t b = 0; b < c.b; ++b)
            for (std::uint64_t h = 0; h < c.h; ++h)
                for (std::uint64_t s = 0; s < c.s; ++s) {
                    std::vector<std::uint64_t> keys;
                    for (std::uint64_t t = 0; t < c.t; ++t)
                        if (static_cast<double>(t) < lengths.values[b] + static_cast<double>(c.offset) &&
                            (!c.causal || integer(t) <= integer(s) + c.position))
                            keys.push_back(t);
                    for (std::uint64_t d = 0; d < c.d; ++d)
                        wanted.push_back(expected(q, k, v, c.h, c.hk, b, h, s, d, c.d, keys));
                }
        check_close(fused(q, k, v, {.lengths = &lengths}, attributes).values, wanted);
        check_close(staged(q, k, v, {.lengths = &lengths}, attributes, {c.b, c.h, c.s, c.t}).values, wanted);

        // Rows layout of each operand for itself.
        const Array q_rows = as_rows(q), k_rows = as_rows(k), v_rows = as_rows(v);
        const Array wanted_rows = as_rows({q.shape, wanted});
        check_close(fused(q_rows, k_rows, v, {.lengths = &lengths}, attributes).values, wanted_rows.values);
        check_close(fused(q, k, v_rows, {.lengths = &lengths}, attributes).values, wanted);
        check_close(staged(q_rows, k, v_rows, {.lengths = &lengths}, attributes, {c.b, c.h, c.s, c.t}).values,
                    wanted_rows.values);
    }
}

TEST_CASE("keys that are not seen are not read") {
    const Array      q = random_array({2, 2, 2, 3}, 1), lengths{{2}, {2, 0}};
    Array            k = random_array({2, 2, 4, 3}, 2), v = random_array({2, 2, 4, 3}, 3);
    const Attributes attributes{{"heads", std::int64_t{2}}};
    const Array      clean = fused(q, k, v, {.lengths = &lengths}, attributes);
    for (std::uint64_t b = 0; b < 2; ++b)
        for (std::uint64_t h = 0; h < 2; ++h)
            for (std::uint64_t t = b ? 0 : 2; t < 4; ++t)
                for (std::uint64_t d = 0; d < 3; ++d)
                    k.values[((b * 2 + h) * 4 + t) * 3 + d] = v.values[((b * 2 + h) * 4 + t) * 3 + d] = not_a_number;
    check_close(fused(q, k, v, {.lengths = &lengths}, attributes).values, clean.values, 0);
    check_close(staged(q, k, v, {.lengths = &lengths}, attributes, {2, 2, 2, 4}).values, clean.values);
    for (std::size_t i = 12; i < 24; ++i) CHECK(clean.values[i] == 0);   // batch 1 sees nothing: exactly 0
    const Array scores = called(oracle::attention_scores, {2, 2, 2, 4}, {&q, &k, &lengths}, attributes);
    CHECK(scores.values[2] == -infinity);
    CHECK(scores.values[16] == -infinity);
}

TEST_CASE("blocks give what each sequence gives alone") {
    // Three sequences of 3, 1 and 4 tokens one after the other, two blocks for the last; one block without keys.
    const std::uint64_t heads = 2, size = 3, tokens = 9;
    const Array         q = random_array({1, tokens, heads * size}, 1), k = random_array({1, tokens, heads * size}, 2);
    const Array         v = random_array({1, tokens, heads * size}, 3);
    const Array         blocks{{6, 5},
                       {0, 3, 0, 3, 0, 3, 1, 3, 1, 0, 4, 2, 4, 4, 0, 6, 2, 4, 4, 2, 8, 1, 8, 0, 0, 0, 0, 0, 0, 0}};
    const struct { std::uint64_t first, tokens; } sequences[] = {{0, 3}, {3, 1}, {4, 4}};
    for (const std::int64_t causal : {0, 1}) {
        const Attributes attributes{{"heads", integer(heads)}, {"causal", causal}};
        const Array      together  = fused(q, k, v, {.blocks = &blocks}, attributes);
        const Array      in_stages = staged(q, k, v, {.blocks = &blocks}, attributes, {1, heads, tokens, 5});
        check_close(in_stages.values, together.values);
        for (const auto& sequence : sequences) {
            const auto part = [&](const Array& a) {
                const auto begin = a.values.begin() + static_cast<std::ptrdiff_t>(sequence.first * heads * size);
                return Array{{1, sequence.tokens, heads * size},
                             {begin, begin + static_cast<std::ptrdiff_t>(sequence.tokens * heads * size)}};
            };
            check_close(part(together).values, fused(part(q), part(k), part(v), {}, attributes).values);
        }
        for (std::size_t i = 8 * heads * size; i < tokens * heads * size; ++i) CHECK(together.values[i] == 0);
    }
}

TEST_CASE("ancestors read a cache as if it had been copied") {
    // Four rows share one cache [4, H, T, D]; row b's history at t is that of row ancestors[b, t].
    const Shape shape{4, 2, 5, 3};
    const Array q = random_array({4, 2, 1, 3}, 1), k = random_array(shape, 2), v = random_array(shape, 3);
    const Array lengths{{4}, {5, 4, 2, 0}};
    const Array ancestors{{4, 5}, {0, 1, 1, 0, 0, 1, 1, 0, 1, no_id, 3, 2, 9, 9, 9, 9, 9, 9, 9, 9}};
    Array       k_copied = k, v_copied = v;
    for (std::uint64_t b = 0; b < 4; ++b)
        for (std::uint64_t h = 0; h < 2; ++h)
            for (std::uint64_t t = 0; t < static_cast<std::uint64_t>(lengths.values[b]); ++t)
                for (std::uint64_t d = 0; d < 3; ++d) {
                    const auto from = static_cast<std::uint64_t>(ancestors.values[b * 5 + t]);
                    k_copied.values[((b * 2 + h) * 5 + t) * 3 + d] = k.values[((from * 2 + h) * 5 + t) * 3 + d];
                    v_copied.values[((b * 2 + h) * 5 + t) * 3 + d] = v.values[((from * 2 + h) * 5 + t) * 3 + d];
                }
    const Attributes attributes{{"heads", std::int64_t{2}}};
    const Array      wanted = fused(q, k_copied, v_copied, {.lengths = &lengths}, attributes);
    const Masks      masks{.lengths = &lengths, .ancestors = &ancestors};
    check_close(fused(q, k, v, masks, attributes).values, wanted.values, 0);
    check_close(staged(q, k, v, masks, attributes, {4, 2, 1, 5}).values, wanted.values);
}

TEST_CASE("wrong masks read and write nothing outside the operands") {
    const Array      q = random_array({1, 2, 4}, 1), k = random_array({1, 3, 4}, 2);
    const Array      blocks{{2, 5}, {1, no_id, 2, no_id, no_id, no_id, 3, no_id, 3, 0}};
    const Attributes attributes{{"heads", std::int64_t{2}}, {"causal", std::int64_t{1}}};
    const Array      out = fused(q, k, k, {.blocks = &blocks}, attributes);
    check_close({out.values.begin() + 4, out.values.end()},
                {k.values.begin() + 8, k.values.end()});   // row 1 sees key 2 alone
    const Array empty{{0, 2, 4}, {}}, empty_keys{{1, 0, 4}, {}};
    CHECK(fused(empty, empty, empty, {}, attributes).values.empty());
    check_close(fused(q, empty_keys, empty_keys, {}, attributes).values, std::vector<double>(8));
}
