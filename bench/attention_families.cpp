// Attention: fused, in three kernels, each of the three, and its memory.
#include "bench/families.h"
#include "bench/tensors.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune::bench {
namespace {

struct Sizes {
    std::uint64_t heads, kv_heads, batch, queries, keys, head_dim;
    Type          type;
    bool          causal;

    std::uint64_t query_rows() const { return batch * heads * queries; }
    Shape         query_shape() const { return {batch, heads, queries, head_dim}; }
    Shape         key_shape() const { return {batch, kv_heads, keys, head_dim}; }
    double        scores() const { return static_cast<double>(query_rows()) * static_cast<double>(keys); }

    // Pairs of a query and a key that it sees.
    double seen() const {
        const double s = static_cast<double>(queries), t = static_cast<double>(keys);
        return static_cast<double>(batch * heads) * (causal ? s * (t - s) + s * (s + 1) / 2 : s * t);
    }
    // Of query, key, value and result.
    double operand_bytes() const {
        const double rows = 2 * static_cast<double>(query_rows()) + 2 * static_cast<double>(batch * kv_heads * keys);
        return rows * static_cast<double>(head_dim) * static_cast<double>(size_of(type));
    }
    AttentionOptions options() const {
        return {.heads           = heads,
                .key_value_heads = kv_heads,
                .causal          = causal,
                .query_position  = causal ? static_cast<std::int64_t>(keys - queries) : 0,
                .type            = type};
    }
};

Sizes sizes_of(const Parameters& p) {
    const bool all = std::ranges::any_of(p, [](const auto& one) { return one.first == "causal"; });
    Sizes      s{.heads    = number_of(p, "heads"),
                 .kv_heads = number_of(p, "kv_heads"),
                 .batch    = number_of(p, "batch"),
                 .queries  = number_of(p, "queries"),
                 .keys     = number_of(p, "keys"),
                 .head_dim = number_of(p, "head_dim"),
                 .type     = type_of(p),
                 .causal   = all && number_of(p, "causal") != 0};
    if (s.heads % s.kv_heads != 0) throw Error(Status::usage, "attention", "kv_heads is no divisor of heads");
    if (s.causal && s.keys < s.queries) throw Error(Status::usage, "attention", "causal with fewer keys than queries");
    if (s.type == Type::f16 && s.head_dim % 2) throw Error(Status::usage, "attention", "type=f16 with an odd head_dim");
    return s;
}

// Heads layout, as all operands here: the row of a query in [B, H, S, D], seen from [B, H, S].
struct QueryRow {
    std::uint64_t row, query, first_key;  // first element of the keys that belong to it

    QueryRow(const Sizes& s, std::uint64_t piece) : row(piece), query(piece % s.queries) {
        const std::uint64_t head = piece / s.queries % s.heads, sequence = piece / s.queries / s.heads;
        first_key = (sequence * s.kv_heads + head / (s.heads / s.kv_heads)) * s.keys * s.head_dim;
    }
};

// What one query row needs alone.
Sizes one_row_of(Sizes s) {
    s.batch = s.heads = s.kv_heads = s.queries = 1;
    return s;
}

enum class Kind { fused, staged, scores, values };

void append(Graph& g, Kind kind, const Sizes& s, const AttentionOptions& options) {
    const Value key_or_value = g.input(kind == Kind::values ? "value" : "key", {s.type, s.key_shape()});
    if (kind == Kind::values) {
        const Value weights = g.input("weights", {Type::f32, {s.batch, s.heads, s.queries, s.keys}});
        g.output("y", attention_values(g, weights, key_or_value, {.mask = options}));
        return;
    }
    const Value query = g.input("query", {s.type, s.query_shape()});
    if (kind == Kind::scores) {
        g.output("y", attention_scores(g, query, key_or_value, options));
        return;
    }
    const Value value = g.input("value", {s.type, s.key_shape()});
    g.output("y", kind == Kind::fused ? attention(g, query, key_or_value, value, options)
                                      : attention_staged(g, query, key_or_value, value, options).output);
}

template <Kind kind> Graph graph_of(const Parameters& parameters) {
    const Sizes s = sizes_of(parameters);
    Graph       g;
    append(g, kind, s, s.options());
    return g;
}

// Weights of a softmax have the size of 1 / T; these need not add up to 1.
template <Kind kind> test::Case make(const Parameters& parameters, test::Random& random) {
    test::Case c;
    c.graph        = graph_of<kind>(parameters);
    c.largest_nmse = largest_nmse(type_of(parameters));
    for (const ValueInfo& value : c.graph.values())
        if (value.kind == ValueKind::input) {
            const double deviation = value.name == "weights" ? 1 / static_cast<double>(value.desc.width()) : 1;
            c.tensors.emplace(value.name, bulk_random(value.desc, random, deviation));
        }
    return c;
}

template <Kind kind> Probe probe(const Parameters& parameters, test::Case& whole, std::uint64_t piece) {
    const Sizes      s = sizes_of(parameters), one = one_row_of(s);
    const QueryRow   at(s, piece);
    AttentionOptions options = one.options();
    options.query_position   = s.causal ? static_cast<std::int64_t>(s.keys - s.queries + at.query) : 0;
    Probe result{.part = {}, .places = {{.row = at.row, .column = 0}}};
    append(result.part.graph, kind, one, options);
    result.part.largest_nmse = whole.largest_nmse;
    for (const ValueInfo& value : result.part.graph.values()) {
        if (value.kind != ValueKind::input) continue;
        const bool          keys  = value.name == "key" || value.name == "value";
        const std::uint64_t first = keys ? at.first_key : at.row * value.desc.width();
        result.part.tensors.emplace(value.name, piece_of(whole.tensors.at(value.name).view(), first, value.desc.shape));
    }
    return result;
}

Work fused_work(const Parameters& parameters) {
    const Sizes s = sizes_of(parameters);
    return {.flop        = 4 * s.seen() * static_cast<double>(s.head_dim),
            .bytes       = s.operand_bytes(),
            .memory      = s.operand_bytes(),
            .memory_roof = "read",
            .pieces      = s.query_rows(),
            .twin_memory = 8 * s.scores()};
}

// The scores are written, read, written as weights and read again.
Work staged_work(const Parameters& parameters) {
    Work work = fused_work(parameters);
    work.bytes += 16 * sizes_of(parameters).scores();
    work.memory += 8 * sizes_of(parameters).scores();
    work.memory_roof = "copy_shader";
    return work;
}

// One side reads or writes the scores, the other one is half of the operands.
Work half_work(const Parameters& parameters) {
    const Sizes  s     = sizes_of(parameters);
    const double bytes = s.operand_bytes() / 2 + 4 * s.scores();
    return {.flop        = 2 * s.seen() * static_cast<double>(s.head_dim),
            .bytes       = bytes,
            .memory      = bytes,
            .memory_roof = "copy_shader",
            .pieces      = s.query_rows()};
}

constexpr std::uint64_t most_heads = 256, most_batch = 4096, most_keys = 1u << 20, most_head_dim = 256;

std::vector<Parameter> parameters(bool causal) {
    std::vector<Parameter> all = {number("heads", 8, most_heads),
                                  option(same_number("kv_heads", "heads", most_heads)),
                                  option(number("batch", 1, most_batch)),
                                  number("queries", 512, most_keys),
                                  same_number("keys", "queries", most_keys),
                                  number("head_dim", 64, most_head_dim),
                                  type_parameter({"f32", "f16"})};
    if (causal) all.push_back(option(flag("causal")));
    return all;
}

template <Kind kind> Family family(std::string name, std::string about, Work (*work)(const Parameters&)) {
    Family row;
    row.name       = std::move(name);
    row.about      = std::move(about);
    row.parameters = parameters(kind == Kind::fused || kind == Kind::staged);
    row.work       = work;
    row.make       = make<kind>;
    row.probe      = probe<kind>;
    if (kind == Kind::fused) row.twin = graph_of<Kind::staged>;
    return row;
}

// One sequence that attends to itself: what attention itself needs, by its context.
Parameters context_parameters(const Parameters& p) {
    const std::uint64_t context = number_of(p, "context");
    return {{"heads", number_of(p, "heads")},
            {"kv_heads", number_of(p, "heads")},
            {"batch", std::uint64_t{1}},
            {"queries", context},
            {"keys", context},
            {"head_dim", number_of(p, "head_dim")},
            {"type", word_of(p, "type")}};
}

Family memory_family() {
    Family row;
    row.name       = "memory";
    row.about      = "memory, and time, of fused attention of a sequence to itself";
    row.parameters = {number("context", 1024, most_keys), number("heads", 1, most_heads),
                      number("head_dim", 64, most_head_dim), type_parameter({"f32", "f16"})};
    row.work       = [](const Parameters& p) { return fused_work(context_parameters(p)); };
    row.make       = [](const Parameters& p, test::Random& random) {
        return make<Kind::fused>(context_parameters(p), random);
    };
    row.probe = [](const Parameters& p, test::Case& whole, std::uint64_t piece) {
        return probe<Kind::fused>(context_parameters(p), whole, piece);
    };
    row.plan_counts = true;
    return row;
}

}  // namespace

void add_attention_families(std::vector<Family>& rows) {
    rows.push_back(family<Kind::fused>("attention", "fused; queries = 1 is a step of decoding", fused_work));
    rows.push_back(family<Kind::staged>("attention_staged", "in three kernels, the weights stored", staged_work));
    rows.push_back(family<Kind::scores>("attention_scores", "Q K^T alone", half_work));
    rows.push_back(family<Kind::values>("attention_values", "weights by V alone", half_work));
    rows.push_back(memory_family());
}

}  // namespace attune::bench
