#include "execute/golden_ops.h"

#include "ops/ops.h"
#include "plan/rewrite.h"
#include "tensor/weight_layout.h"

#include <attune/ops.hpp>

#include <array>
#include <limits>

namespace attune::golden {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014), at any place.
std::uint32_t bits_at(std::uint64_t seed, std::uint64_t index) {
    std::uint64_t z = seed * 0xd1342543de82ef95u + (index + 1) * 0x9e3779b97f4a7c15u;
    z               = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z               = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return static_cast<std::uint32_t>((z ^ z >> 31) >> 32);
}

// ---- linear: rows on both sides of every kernel's height; sums that allow loads of four and sums that do not; outputs that
// let no residual be read as texels, or some, or all

constexpr std::uint64_t product_rows[]     = {19, 70, 9, 7, 3, 1};
constexpr Size          linear_short[]     = {{40, 83}, {36, 83}, {33, 83}, {40, 82}, {36, 82}, {34, 82}, {40, 84}, {36, 84}};
constexpr Size          linear_long[]      = {{4104, 18}, {4100, 18}, {4099, 18}, {4098, 18},  // and of several small bindings
                                              {1104, 18}, {1100, 18}, {1099, 18}, {1098, 18}, {4104, 20}, {4100, 20}};
constexpr double        beyond_f16         = 30000;
constexpr Size          linear_large[]     = {{40, 82, beyond_f16}, {36, 82, beyond_f16}, {34, 82, beyond_f16}, {40, 84, beyond_f16}, {36, 84, beyond_f16}};
constexpr Question      linear_questions[] = {linear_short, linear_long, linear_large};

struct ProductOperands {
    Value         weight;
    LinearOptions options;
};

// Of a node like the pattern: its weight, and whatever goes with the sums but the residual.
ProductOperands product_operands(Made& made, const Pattern& like, const Size& size) {
    Graph&           g = made.graph;
    const TensorDesc weight{like.input(1).type, {size.outputs, size.inner}};
    ProductOperands  operands{g.weight("weight", weight),
                             {.activation = static_cast<Activation>(like.node.attributes.integer("activation")),
                               .type       = like.output().type}};
    if (like.has(2)) operands.options.bias = g.weight("bias", {Type::f32, {size.outputs}});
    made.tensors.emplace("weight", [=] { return numbers(weight, 1, 0.5 * size.scale); });
    return operands;
}

Made linear(const Pattern& like, const Size& size) {
    Made made;
    if (size.scale != 1 && like.output().type != Type::f16) return {};
    auto [weight, options] = product_operands(made, like, size);
    if (like.has(3)) options.residual = made.graph.input("residual", {Type::f32, {size.rows, size.outputs}});
    const Value x = made.graph.input("x", {like.input(0).type, {size.rows, size.inner}});
    made.graph.output("y", attune::linear(made.graph, x, weight, options));
    return made;
}

// ---- linear with its norm: every number of lanes that share a row, and of fours that one of them holds or walks over

constexpr std::uint64_t normed_rows[] = {19, 70, 9, 7, 3, 1};
template <std::size_t N> constexpr auto normed_widths(const std::uint64_t (&widths)[N]) {
    constexpr std::array<std::uint64_t, 4> inner = {40, 36, 33, 34};
    std::array<Size, 4 * N>                sizes;
    for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = {.inner = inner[i / N], .outputs = widths[i % N]};
    return sizes;
}
constexpr auto normed_short = normed_widths({284, 92, 60, 28, 12, 8, 4});
// Kernels that hold rows in registers are compiled for each 64 columns.
constexpr auto normed_full = normed_widths({64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024});
constexpr Size     normed_long[]      = {{4104, 92}, {4100, 92}, {4099, 92}, {4098, 92},  // and of several small bindings
                                         {2056, 28}, {2052, 28}, {2050, 28},
                                         {1104, 28}, {1100, 28}, {1099, 28}, {1098, 28}};
constexpr Size     normed_apart[]     = {{40, 83}, {36, 83}, {40, 82}, {36, 82}};  // no kernel does both
constexpr Question normed_questions[] = {normed_short, normed_long, normed_full, normed_apart};

// Twice: what the first leaves behind must not trouble the second.
Made linear_norm(const Pattern& like, const Size& size) {
    Made   made;
    Graph& g                = made.graph;
    auto [weight, options]  = product_operands(made, like, size);
    const TensorDesc vector = {Type::f32, {size.outputs}}, sums{Type::f32, {size.rows, size.outputs}};
    const Value      gain = g.weight("gain", vector), shift = g.weight("shift", vector);
    const auto       epsilon = like.node.attributes.real("epsilon");
    for (const std::string name : {"", " again"}) {
        options.residual = g.input("residual" + name, sums);
        const Value x    = g.input("x" + name, {like.input(0).type, {size.rows, size.inner}});
        made.tensors.emplace("residual" + name, [=] { return numbers(sums, 3, 2, 20); });  // far from 0: squares of distances count
        g.output("y" + name, layer_norm(g, attune::linear(g, x, weight, options), gain, shift, {.epsilon = epsilon}));
    }
    made.graph = rewrite(g, {.precision = Precision::f32});
    return made;
}

// ---- linear_append: outputs are those of the query, and of keys and values likewise

constexpr Size     append_short[]     = {{40, 24}, {36, 24}, {33, 24}, {34, 24}};
constexpr Size     append_long[]      = {{4104, 24}, {4100, 24}, {4099, 24}, {4098, 24}, {2056, 24}, {2052, 24},
                                         {2050, 24}, {1104, 24}, {1100, 24}, {1099, 24}, {1098, 24}};
constexpr Size     append_large[]     = {{40, 24, beyond_f16}, {36, 24, beyond_f16}, {34, 24, beyond_f16}};
constexpr Question append_questions[] = {append_short, append_long, append_large};

// Some rows lie beyond the end of the caches, which have a batch more.
Made linear_append(const Pattern& like, const Size& size) {
    constexpr std::uint64_t heads = 3, capacity = 7;
    Made                    made;
    Graph&                  g     = made.graph;
    const Type              cache = like.input(4).type;
    if (size.scale != 1 && cache != Type::f16) return {};
    const std::uint64_t positions = size.rows == 9 ? 3 : 1, batches = size.rows / positions;
    const TensorDesc    rows{cache, {batches + 1, heads, capacity, size.outputs / heads}};
    const Value         x       = g.input("x", {like.input(0).type, {batches, positions, size.inner}});
    const auto          project = [&](const std::string& name) {
        const TensorDesc weight{like.input(1).type, {size.outputs, size.inner}};
        LinearOptions    options{.type = like.output().type};
        if (like.has(2)) options.bias = g.weight(name + ".bias", {Type::f32, {size.outputs}});
        made.tensors.emplace(name, [=] { return numbers(weight, name.size(), 0.5 * size.scale); });
        return split_heads(g, attune::linear(g, x, g.weight(name, weight), options), heads);
    };
    g.output("y", project("query"));
    Tensor position({Type::u32, {batches}});
    for (std::uint64_t b = 0; b < batches; ++b)
        position.as<std::uint32_t>()[b] = static_cast<std::uint32_t>((b + 5) % (capacity + 2));
    const Caches caches = {g.state("keys", rows), g.state("values", rows)};
    const Value  key = project("key"), value = project("value");
    const Caches written = kv_append(g, caches, key, value, g.input("position", position.desc()));
    made.give("position", std::move(position));
    g.output("key rows", merge_heads(g, written.key));
    g.output("value rows", merge_heads(g, written.value));
    made.graph = rewrite(g, {.precision = Precision::f32});
    return made;
}

// ---- linear_chosen: rows are those of one of two sentences

constexpr std::uint64_t chosen_rows[]      = {11, 3, 1};
constexpr Size          chosen_short[]     = {{37, 22}, {38, 22}};
constexpr Size          chosen_long[]      = {{4099, 10}, {4098, 10}};
constexpr Question      chosen_questions[] = {chosen_short, chosen_long};

Made linear_chosen(const Pattern& like, const Size& size) {
    constexpr std::uint64_t sentences = 2, vocabulary = 45;
    Made                    made;
    Graph&                  g = made.graph;
    const Value             x = g.input("x", {like.input(0).type, {sentences * size.rows, size.inner}});
    const Value             w = g.weight("weight", {like.input(1).type, {vocabulary, size.inner}});
    std::optional<Value>    bias;
    if (like.has(3)) bias = g.weight("bias", {Type::f32, {vocabulary}});
    Tensor lists({Type::u32, {sentences, size.outputs}});
    for (std::uint64_t i = 0; i < sentences * size.outputs; ++i)  // one place is empty, one has the last row
        lists.as<std::uint32_t>()[i] = i == 3 ? 0xffffffffu : i == 5 ? vocabulary - 1 : number_below(2, i, vocabulary);
    const Value chosen = g.input("chosen", lists.desc());
    made.give("chosen", std::move(lists));
    g.output("y", attune::linear_chosen(g, x, w, chosen, bias));
    return made;
}

// ---- layer_norm and softmax: rows that no workgroup's lanes divide

constexpr std::uint64_t row_rows[]   = {37, 70};
constexpr Size          rows_short[] = {{67}, {259}, {66}, {258}, {131}};
constexpr Size          rows_long[]  = {{4099}, {4098}};
// Kernels that hold rows in registers are compiled for each 64 columns, and for those that are full.
constexpr auto rows_in_registers(std::uint64_t columns_of_last) {
    std::array<Size, 16> sizes;
    for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i].inner = 64 * i + columns_of_last;
    return sizes;
}
constexpr auto     rows_begun = rows_in_registers(28), rows_full = rows_in_registers(64);
constexpr Question row_questions[] = {rows_short, rows_long, rows_begun, rows_full};

Made layer_norm(const Pattern& like, const Size& size) {
    Made                made;
    Graph&              g = made.graph;
    const TensorDesc    x{like.input(0).type, {size.rows, size.inner}}, vector{Type::f32, {size.inner}};
    LayerNormOptions    options{.epsilon = like.node.attributes.real("epsilon", 1e-5)};
    const Value         value = g.input("x", x);
    made.tensors.emplace("x", [x] {
        std::vector<double> values =
            numbers({Type::f32, x.shape}, 3, 2, 20).doubles();  // far from 0: squares of distances count
        for (std::size_t i = 0; i < values.size(); ++i)
            if (i / x.width() % 4 == 3) values[i] = (values[i] - 20) * 1e-3;  // so near to it that epsilon does
        return Tensor::from_doubles(x, values);
    });
    if (like.has(1)) options.residual = g.input("residual", {like.input(1).type, x.shape});
    g.output("y", attune::layer_norm(g, value, g.weight("gain", vector), g.weight("bias", vector), options));
    return made;
}

Made softmax(const Pattern&, const Size& size) {
    Made             made;
    Graph&           g = made.graph;
    const TensorDesc x{Type::f32, {size.rows, size.inner}};
    made.tensors.emplace("x", [x] {
        Tensor     scores = numbers(x, 4, 9);
        const auto values = scores.as<float>();
        for (std::uint64_t i = 0; i < values.size(); ++i) {
            const std::uint64_t row = i / x.width(), column = i % x.width();
            if (row % 4 == 3 && column == x.width() / 3) values[i] = 150;  // e^150 is no float: only from the maximum on
            if (i % 7 == 2 || row == 1) values[i] = -std::numeric_limits<float>::infinity();  // some are masked, and all of a row
        }
        return scores;
    });
    g.output("y", attune::softmax(g, g.input("x", x)));
    return made;
}

// ---- attention: rows are those of a query (1 where the pattern has one), inner are keys

constexpr std::uint64_t attention_rows[]      = {35, 70, 6};
constexpr Size          attention_short[]     = {{45}, {44}, {.inner = 44, .gathered = true}, {6}};  // and of small bindings
constexpr Size          attention_middle[]    = {{205}, {204}, {.inner = 204, .gathered = true}};  // of one slice, but more keys than lanes
constexpr Size          attention_long[]      = {{525}, {524}, {.inner = 524, .gathered = true}};  // of some slices in decode steps
constexpr Question      attention_questions[] = {attention_short, attention_middle, attention_long};

// ---- beam_step: rows are sentences, inner the steps that they may still take

constexpr std::uint64_t search_sentences[] = {67, 3};
constexpr Size          search_goes_on[]   = {{3}};
constexpr Size          search_ends[]      = {{1}};
constexpr Question      search_questions[] = {search_goes_on, search_ends};

// ---- top_k: inner are logits, of so many strips that lists of 17 are more than a merge holds, or fewer than are wanted

constexpr std::uint64_t list_rows[]      = {3};
constexpr Size          list_long[]      = {{33'001}};
constexpr Size          list_short[]     = {{37}};
constexpr Question      list_questions[] = {list_long, list_short};

// ---- ssru: rows are sentences, inner the columns of a cell

constexpr std::uint64_t cell_sentences[] = {5};
constexpr Size          cell_columns[]   = {{37}, {38}};
constexpr Question      cell_questions[] = {cell_columns};

constexpr Maker all[] = {{"linear", product_rows, linear_questions, linear},
                         {"linear_norm", normed_rows, normed_questions, linear_norm},
                         {"linear_append", product_rows, append_questions, linear_append},
                         {"linear_chosen", chosen_rows, chosen_questions, linear_chosen},
                         {"layer_norm", row_rows, row_questions, layer_norm},
                         {"softmax", row_rows, row_questions, softmax},
                         {"attention", attention_rows, attention_questions, attention},
                         {"attention_scores", attention_rows, attention_questions, staged_attention},
                         {"attention_values", attention_rows, attention_questions, staged_attention},
                         {"beam_step", search_sentences, search_questions, beam_step},
                         {"top_k", list_rows, list_questions, top_k},
                         {"ssru", cell_sentences, cell_questions, ssru}};

}  // namespace

std::span<const Maker> makers() { return all; }

std::string_view Pattern::kind() const { return node.op == &ops::linear && has(4) ? "linear_norm" : node.op->name; }

bool Pattern::stores_halves() const {
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (has(i) && input(i).type == Type::f16) return true;
    return output().type == Type::f16;
}

namespace {

// Blocks of a row have other scales, which no i8 of the host's says, and are whole numbers of them up to 127.
Tensor numbers_in_blocks(const Shape& shape, std::uint64_t seed) {
    std::vector<double> values(shape.elements());
    for (std::uint64_t i = 0; i < values.size(); ++i) {
        const std::uint64_t column = i % shape.width(), place = column % block_columns;
        const double        scale = 0.002 * static_cast<double>(1 + (i / shape.width() + column / block_columns) % 5);
        values[i] = scale * (place == 0 ? 127.0 : static_cast<double>(number_below(seed, i, 255)) - 127.0);
    }
    return Tensor::from_doubles({Type::f32, shape}, values);
}

}  // namespace

Tensor numbers(const TensorDesc& desc, std::uint64_t seed, double limit, double mean) {
    if (desc.type == Type::i8) return numbers_in_blocks(desc.shape, seed);
    std::vector<double> values(desc.elements());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = mean + limit * (bits_at(seed, i) / 2147483648.0 - 1);
    return Tensor::from_doubles(desc, values);
}

std::uint32_t number_below(std::uint64_t seed, std::uint64_t index, std::uint32_t bound) {
    return static_cast<std::uint32_t>(std::uint64_t{bits_at(seed, index)} * bound >> 32);
}

}  // namespace attune::golden
