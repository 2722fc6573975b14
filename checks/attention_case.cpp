#include "checks/attention_case.h"

#include <algorithm>
#include <cmath>

namespace attune::test {
namespace {

struct Mask {
    AttentionOptions  options;
    std::uint64_t     query_batch = 1, queries = 1;   // of the query operand
    std::uint64_t     key_batch = 1, keys = 1;        // of the key operand
    std::vector<bool> seen;                           // [key_batch, keys]
};

std::uint64_t last_visible(const Attend& a, std::uint64_t keys) {
    if (!a.causal) return keys;
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(static_cast<std::int64_t>(a.queries) + (a.seen == Seen::lengths ? 0 : a.position), 0, static_cast<std::int64_t>(keys)));
}

void see(Mask& mask, std::uint64_t batch, std::uint64_t count) {
    for (std::uint64_t key = 0; key < count; ++key) mask.seen[batch * mask.keys + key] = true;
}

// Lengths from 0 to more than there are keys; the first is 0, so that some rows see nothing.
Tensor lengths_of(const Attend& a, Random& random) {
    Tensor lengths = random_ids({a.batch}, random, static_cast<std::uint32_t>(a.keys + 2));
    if (a.batch > 1) lengths.as<std::uint32_t>()[0] = 0;
    lengths.as<std::uint32_t>()[a.batch - 1] = static_cast<std::uint32_t>(std::max<std::uint64_t>(a.keys / 2, 1));
    return lengths;
}

std::uint64_t seen_length(const Attend& a, std::uint32_t length) {
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(std::int64_t{length} + a.position, 0, static_cast<std::int64_t>(a.keys)));
}

void add_lengths(Case& c, const Attend& a, Mask& mask, Random& random) {
    Tensor lengths = lengths_of(a, random);
    mask.options.lengths_offset = a.position;
    const auto values = lengths.as<std::uint32_t>();
    if (a.seen == Seen::ancestors) {
        Tensor ancestors = random_ids({a.batch, a.keys}, random, static_cast<std::uint32_t>(a.batch));
        for (std::uint64_t b = 0; b < a.batch; ++b)
            for (std::uint64_t key = 0; key < seen_length(a, values[b]); ++key) mask.seen[ancestors.as<std::uint32_t>()[b * a.keys + key] * a.keys + key] = true;
        mask.options.ancestors = c.state("ancestors", std::move(ancestors));
    } else {
        for (std::uint64_t b = 0; b < a.batch; ++b) see(mask, b, std::min(seen_length(a, values[b]), last_visible(a, a.keys)));
    }
    mask.options.lengths = c.control("lengths", std::move(lengths));
}

// `batch` sequences of differing lengths lie one after the other, queries and keys alike; between the
// keys of two sequences are some that nobody sees. Every query row is in one block.
void add_blocks(Case& c, const Attend& a, Mask& mask, Random& random) {
    std::vector<std::uint32_t> blocks;
    std::uint32_t              first_query = 0, first_key = 0, longest = 1;
    for (std::uint64_t sequence = 0; sequence < a.batch; ++sequence) {
        const std::uint32_t queries = 1 + random.below(static_cast<std::uint32_t>(a.queries)), gap = random.below(3);
        const std::uint32_t keys = sequence % 4 == 1 ? 0 : a.causal ? queries : 1 + random.below(static_cast<std::uint32_t>(a.keys));
        for (std::uint32_t row = 0; row < queries; row += static_cast<std::uint32_t>(a.block_rows))
            blocks.insert(blocks.end(), {first_query + row, std::min(static_cast<std::uint32_t>(a.block_rows), queries - row), first_key, keys, row});
        for (std::uint32_t key = 0; key < keys + gap; ++key) mask.seen.push_back(key < keys);
        first_query += queries;
        first_key += keys + gap;
        longest = std::max(longest, keys);
    }
    mask.seen.push_back(false);
    mask.queries = first_query;
    mask.key_batch = mask.query_batch = 1;
    mask.keys = mask.seen.size();
    mask.options.block_rows = a.block_rows;
    mask.options.keys_per_query = longest;
    mask.options.blocks = c.control("blocks", Tensor::u32({blocks.size() / 5, 5}, blocks));
}

Mask make_mask(Case& c, const Attend& a, Random& random) {
    Mask mask{.options = {.heads = a.heads, .key_value_heads = a.key_heads, .causal = a.causal, .type = a.result},
              .query_batch = a.batch, .queries = a.queries, .key_batch = a.batch, .keys = a.keys, .seen = {}};
    if (a.scores != Scores::random) mask.options.scale = 1;
    if (a.seen == Seen::blocks) {
        add_blocks(c, a, mask, random);
        return mask;
    }
    mask.seen.resize(a.batch * a.keys);
    if (a.seen == Seen::lengths || a.seen == Seen::ancestors) add_lengths(c, a, mask, random);
    else {
        mask.options.query_position = a.position;
        for (std::uint64_t b = 0; b < a.batch; ++b) see(mask, b, last_visible(a, a.keys));
    }
    return mask;
}

Shape shape_of(const Attend& a, std::uint64_t batch, std::uint64_t heads, std::uint64_t rows) {
    return a.split ? Shape{batch, heads, rows, a.size} : Shape{batch, rows, heads * a.size};
}

double score_of(Scores scores, std::uint64_t key, std::uint64_t keys, Random& random) {
    switch (scores) {
        case Scores::low: return -3e4 + random.normal();
        case Scores::lowest: return -1e30;
        case Scores::high: return 1e4 + random.normal();
        case Scores::mixed: return std::array{-3e4, -1e30, 1e4, 0.0}[random.below(4)];
        case Scores::one_hot: return key == keys / 3 ? 1e4 : random.normal();
        default: return 2.5;
    }
}

// Every query is (1, 0, ..), key j is (score of j, random ..): the scores come out exactly.
void make_scores(const Attend& a, Tensor& query, Tensor& key, std::uint64_t keys, Random& random) {
    auto q = query.as<float>(), k = key.as<float>();
    for (std::size_t i = 0; i < q.size(); ++i) q[i] = i % a.size == 0 ? 1.0f : 0.0f;
    for (std::size_t i = 0; i < k.size(); i += a.size) k[i] = static_cast<float>(score_of(a.scores, i / a.size % keys, keys, random));
}

// Rows that nobody sees hold what would be noticed.
Tensor poisoned(const Tensor& clean, const Attend& a, const Mask& mask) {
    std::vector<double>   values = clean.doubles();
    constexpr std::size_t kinds = 4;
    const double          poison[kinds] = {NAN, INFINITY, 1e38, -INFINITY};
    for (std::uint64_t batch = 0, i = 0; batch < mask.key_batch; ++batch)
        for (std::uint64_t outer = 0; outer < (a.split ? a.key_heads : mask.keys); ++outer)
            for (std::uint64_t inner = 0; inner < (a.split ? mask.keys : a.key_heads); ++inner)
                for (std::uint64_t d = 0; d < a.size; ++d, ++i) {
                    const std::uint64_t key = a.split ? inner : outer;
                    if (!mask.seen[batch * mask.keys + key]) values[i] = poison[(key + d / 7) % kinds];
                }
    return Tensor::from_doubles(clean.desc(), values);
}

const char* name_of_scores(Scores scores) {
    static constexpr const char* names[] = {"", " scores -3e4", " scores -1e30", " scores +1e4", " scores mixed", " scores equal", " scores one hot"};
    return names[static_cast<std::size_t>(scores)];
}

}  // namespace

bool Attend::compiled_anyway() const { return size == 128 && seen == Seen::all && !causal && storage == Type::f32; }

std::string Attend::name() const {
    static constexpr const char* masks[] = {"dense", "lengths", "blocks", "ancestors"};
    std::string name = std::string(staged ? "staged attention " : "attention ") + masks[static_cast<std::size_t>(seen)] + (causal ? " causal" : "");
    if (position) name += " position " + std::to_string(position);
    for (const std::uint64_t extent : {batch, heads, key_heads, queries, keys, size}) name += " " + std::to_string(extent);
    if (seen == Seen::blocks) name += " by " + std::to_string(block_rows);
    return name + (split ? " heads " : " rows ") + text(query) + " " + text(storage) + " " + text(result) + name_of_scores(scores);
}

Case attention_case(const Attend& a, Random& random) {
    Case       c;
    const Mask mask = make_mask(c, a, random);
    Tensor     query = random_tensor({a.query, shape_of(a, mask.query_batch, a.heads, mask.queries)}, random);
    Tensor     key = random_tensor({a.storage, shape_of(a, mask.key_batch, a.key_heads, mask.keys)}, random);
    Tensor     value = random_tensor({a.storage, shape_of(a, mask.key_batch, a.key_heads, mask.keys)}, random);
    c.long_to_compile = a.size > 64 && a.queries > 1 && !a.staged && !a.compiled_anyway();
    if (a.scores != Scores::random) make_scores(a, query, key, a.keys, random);
    // Numbers around 1e4 keep four digits behind the point, and so does a weight's exponent.
    if (a.scores == Scores::low || a.scores == Scores::high) c.largest_nmse = 1e-5;
    if (std::find(mask.seen.begin(), mask.seen.end(), false) != mask.seen.end()) {
        c.unseen.emplace("key", poisoned(key, a, mask));
        c.unseen.emplace("value", poisoned(value, a, mask));
    }
    const Value q = c.input("query", std::move(query)), k = c.input("key", std::move(key)), v = c.input("value", std::move(value));
    if (a.staged) {
        const StagedAttention result = attention_staged(c.graph, q, k, v, mask.options);
        c.graph.output("weights", result.weights);
        c.graph.output("y", result.output);
    } else {
        c.graph.output("y", attention(c.graph, q, k, v, mask.options));
    }
    return c;
}

void add_attention(Rows& rows, const Attend& a) {
    if (a.size % 2 && (a.storage == Type::f16 || a.query == Type::f16 || a.result == Type::f16)) return;
    rows.add(a.name(), [a](Random& random) { return attention_case(a, random); });
}

}  // namespace attune::test
