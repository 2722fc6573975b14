// What goes over rows of numbers, and moves: norms, softmax, head layouts, embeddings, the best of a vocabulary.
#include "bench/families.h"
#include "bench/tensors.h"

#include <attune/error.hpp>

namespace attune::bench {
namespace {

constexpr std::uint64_t most = 1u << 20;

double product(const Parameters& p, std::initializer_list<const char*> names) {
    double result = 1;
    for (const char* name : names) result *= static_cast<double>(number_of(p, name));
    return result;
}

// ---- layer_norm

Work norm_work(const Parameters& p) {
    const double elements = product(p, {"rows", "width"});
    const double bytes    = 4 * elements * (number_of(p, "residual") ? 3 : 2) + 8 * product(p, {"width"});
    return {.flop        = 8 * elements,
            .bytes       = bytes,
            .memory      = bytes,
            .memory_roof = "copy_shader",
            .pieces      = number_of(p, "rows")};
}

test::Case norm_case(Tensor x, std::optional<Tensor> residual, Tensor gain, Tensor bias) {
    test::Case       c;
    LayerNormOptions options;
    const Value      input = c.input("x", std::move(x));
    if (residual) options.residual = c.input("residual", std::move(*residual));
    const Value scale = c.weight("gain", std::move(gain)), shift = c.weight("bias", std::move(bias));
    c.graph.output("y", layer_norm(c.graph, input, scale, shift, options));
    return c;
}

test::Case make_norm(const Parameters& p, test::Random& random) {
    const std::uint64_t   width = number_of(p, "width");
    const TensorDesc      rows{Type::f32, {number_of(p, "rows"), width}}, vector{Type::f32, {width}};
    Tensor                x = bulk_random(rows, random);
    std::optional<Tensor> residual;
    if (number_of(p, "residual")) residual = bulk_random(rows, random);
    Tensor gain = bulk_random(vector, random), bias = bulk_random(vector, random);
    return norm_case(std::move(x), std::move(residual), std::move(gain), std::move(bias));
}

Probe probe_norm(const Parameters& p, test::Case& whole, std::uint64_t row) {
    const std::uint64_t width = number_of(p, "width");
    const auto          part  = [&](const char* name) {
        return piece_of(whole.tensors.at(name).view(), row * width, {1, width});
    };
    const auto            all = [&](const char* name) { return piece_of(whole.weights.at(name), 0, {width}); };
    std::optional<Tensor> residual;
    if (number_of(p, "residual")) residual = part("residual");
    return {.part   = norm_case(part("x"), std::move(residual), all("gain"), all("bias")),
            .places = {{.row = row, .column = 0}}};
}

// ---- softmax, and the k best of softmax

Work softmax_work(const Parameters& p) {
    const double elements = product(p, {"rows", "width"});
    return {.flop        = 4 * elements,
            .bytes       = 8 * elements,
            .memory      = 8 * elements,
            .memory_roof = "copy_shader",
            .pieces      = number_of(p, "rows")};
}

test::Case softmax_case(Tensor x) {
    test::Case c;
    c.graph.output("y", softmax(c.graph, c.input("x", std::move(x))));
    return c;
}

test::Case make_softmax(const Parameters& p, test::Random& random) {
    return softmax_case(bulk_random({Type::f32, {number_of(p, "rows"), number_of(p, "width")}}, random));
}

Probe probe_softmax(const Parameters& p, test::Case& whole, std::uint64_t row) {
    const std::uint64_t width = number_of(p, "width");
    return {.part   = softmax_case(piece_of(whole.tensors.at("x").view(), row * width, {1, width})),
            .places = {{.row = row, .column = 0}}};
}

Work best_work(const Parameters& p) {
    if (number_of(p, "k") > number_of(p, "vocabulary"))
        throw Error(Status::usage, "top_k", "k is more than the vocabulary");
    const double elements = product(p, {"rows", "vocabulary"});
    return {.flop        = 3 * elements,
            .bytes       = 4 * elements + 8 * product(p, {"rows", "k"}),
            .memory      = 4 * elements,
            .memory_roof = "read",
            .pieces      = number_of(p, "rows")};
}

test::Case best_case(Tensor logits, std::uint64_t k) {
    test::Case c;
    const TopK best = top_k(c.graph, c.input("logits", std::move(logits)), k);
    c.graph.output("ids", best.ids);
    c.graph.output("log_probabilities", best.log_probabilities);
    return c;
}

test::Case make_best(const Parameters& p, test::Random& random) {
    const Shape shape{number_of(p, "rows"), number_of(p, "vocabulary")};
    return best_case(bulk_random({Type::f32, shape}, random, 3), number_of(p, "k"));
}

Probe probe_best(const Parameters& p, test::Case& whole, std::uint64_t row) {
    const std::uint64_t width = number_of(p, "vocabulary");
    return {.part = best_case(piece_of(whole.tensors.at("logits").view(), row * width, {1, width}), number_of(p, "k")),
            .places = {{.row = row, .column = 0}}};
}

// ---- head layouts

Work heads_work(const Parameters& p) {
    const double bytes =
        2 * product(p, {"batch", "queries", "heads", "head_dim"}) * static_cast<double>(size_of(type_of(p)));
    if (type_of(p) == Type::f16 && number_of(p, "head_dim") % 2)
        throw Error(Status::usage, "heads", "type=f16 with an odd head_dim");
    return {.flop        = 0,
            .bytes       = bytes,
            .memory      = bytes,
            .memory_roof = "copy_shader",
            .pieces      = number_of(p, "batch") * number_of(p, "queries")};
}

test::Case heads_case(Tensor x, const Parameters& p) {
    test::Case  c;
    const Value input = c.input("x", std::move(x));
    c.graph.output("y", word_of(p, "way") == "split" ? split_heads(c.graph, input, number_of(p, "heads"))
                                                     : merge_heads(c.graph, input));
    return c;
}

Shape heads_shape(const Parameters& p, std::uint64_t batch, std::uint64_t queries) {
    const std::uint64_t heads = number_of(p, "heads"), size = number_of(p, "head_dim");
    return word_of(p, "way") == "split" ? Shape{batch, queries, heads * size} : Shape{batch, heads, queries, size};
}

test::Case make_heads(const Parameters& p, test::Random& random) {
    return heads_case(bulk_random({type_of(p), heads_shape(p, number_of(p, "batch"), number_of(p, "queries"))}, random),
                      p);
}

// One token: in rows layout one row, in heads layout one of each head.
Probe probe_heads(const Parameters& p, test::Case& whole, std::uint64_t token) {
    const std::uint64_t heads = number_of(p, "heads"), size = number_of(p, "head_dim"),
                        queries = number_of(p, "queries");
    const Tensor& x             = whole.tensors.at("x");
    const bool    split         = word_of(p, "way") == "split";
    const auto    row_of_head   = [&](std::uint64_t head) {
        return (token / queries * heads + head) * queries + token % queries;
    };
    std::vector<double> numbers;
    Probe               probe;
    for (std::uint64_t head = 0; head < heads; ++head) {
        const std::uint64_t first = split ? (token * heads + head) * size : row_of_head(head) * size;
        for (const double one : piece_of(x.view(), first, {size}).doubles()) numbers.push_back(one);
        if (split) probe.places.push_back({.row = row_of_head(head), .column = 0});
    }
    if (!split) probe.places.push_back({.row = token, .column = 0});
    probe.part = heads_case(Tensor::from_doubles({type_of(p), heads_shape(p, 1, 1)}, numbers), p);
    return probe;
}

// ---- embedding

Work embedding_work(const Parameters& p) {
    const double elements = product(p, {"tokens", "width"}), size = static_cast<double>(size_of(type_of(p)));
    if (type_of(p) == Type::f16 && number_of(p, "width") % 2)
        throw Error(Status::usage, "embedding", "type=f16 with an odd width");
    return {.flop        = elements,
            .bytes       = elements * (4 + size),
            .memory      = 4 * elements + size * product(p, {"vocabulary", "width"}),
            .memory_roof = "copy_shader",
            .pieces      = number_of(p, "tokens")};
}

test::Case embedding_case(Tensor ids, Tensor table) {
    test::Case  c;
    const Value tokens = c.control("ids", std::move(ids));
    c.largest_nmse     = largest_nmse(table.desc().type);
    c.graph.output("y", embedding(c.graph, tokens, c.weight("table", std::move(table)), {.scale = 2}));
    return c;
}

test::Case make_embedding(const Parameters& p, test::Random& random) {
    const std::uint64_t vocabulary = number_of(p, "vocabulary");
    Tensor ids = test::random_ids({number_of(p, "tokens")}, random, static_cast<std::uint32_t>(vocabulary));
    return embedding_case(std::move(ids), bulk_random({type_of(p), {vocabulary, number_of(p, "width")}}, random));
}

// One token, and a table of its row alone.
Probe probe_embedding(const Parameters& p, test::Case& whole, std::uint64_t token) {
    const std::uint64_t width = number_of(p, "width"), id = whole.tensors.at("ids").as<std::uint32_t>()[token];
    Tensor              table = piece_of(whole.weights.at("table"), id * width, {1, width});
    return {.part   = embedding_case(Tensor({Type::u32, {1}}), std::move(table)),
            .places = {{.row = token, .column = 0}}};
}

struct Row {
    const char*            name;
    const char*            about;
    std::vector<Parameter> parameters;
    Work (*work)(const Parameters&);
    test::Case (*make)(const Parameters&, test::Random&);
    Probe (*probe)(const Parameters&, test::Case&, std::uint64_t);
};

}  // namespace

void add_row_families(std::vector<Family>& rows) {
    const Row table[] = {
        {"softmax",
         "over each row",
         {number("rows", 4096, most), number("width", 1024, most)},
         softmax_work,
         make_softmax,
         probe_softmax},
        {"layer_norm",
         "over each row, of the sum with a residual unless residual=0",
         {number("rows", 4096, most), number("width", 1024, most), option(flag("residual", 1))},
         norm_work,
         make_norm,
         probe_norm},
        {"heads",
         "rows [B, S, H D] into heads [B, H, S, D], or back",
         {word("way", {"split", "merge"}), option(number("batch", 1, most)), number("queries", 1024, most),
          number("heads", 8, most), number("head_dim", 64, most), type_parameter({"f32", "f16"})},
         heads_work,
         make_heads,
         probe_heads},
        {"embedding",
         "rows of a table by id",
         {number("tokens", 4096, most), number("vocabulary", 32000, most), number("width", 512, most),
          type_parameter({"f32", "f16", "i8"})},
         embedding_work,
         make_embedding,
         probe_embedding},
        {"top_k",
         "the k best of log_softmax over each row of a vocabulary",
         {number("rows", 64, most), number("vocabulary", 32000, most), number("k", 8, 64)},
         best_work,
         make_best,
         probe_best},
    };
    for (const Row& row : table) {
        Family family;
        family.name       = row.name;
        family.about      = row.about;
        family.parameters = row.parameters;
        family.work       = row.work;
        family.make       = row.make;
        family.probe      = row.probe;
        rows.push_back(std::move(family));
    }
}

}  // namespace attune::bench
