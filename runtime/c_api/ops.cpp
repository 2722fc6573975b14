#include "c_api/ops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace attune::c_api {
namespace {

// A node as its op reads it.
class Operands {
public:
    Operands(const Call& call, Graph& to, const attune_node& node) : graph(to), call_(call), node_(node) {}

    Value                operator[](std::uint32_t place) const { return *at(place); }
    std::optional<Value> at(std::uint32_t place) const {
        if (place >= node_.input_count || node_.inputs[place] == ATTUNE_ABSENT) return {};
        return Value{node_.inputs[place]};
    }

    double real(std::string_view name, double otherwise) const {
        for (std::uint32_t i = 0; i < node_.attribute_count; ++i)
            if (node_.attributes[i].name == name) return node_.attributes[i].value;
        return otherwise;
    }
    std::int64_t integer(std::string_view name, std::int64_t otherwise,
                         std::int64_t most = std::int64_t{1} << 53) const {
        const double value = real(name, static_cast<double>(otherwise));
        if (!(std::fabs(value) <= static_cast<double>(most)) || value != std::floor(value))
            throw Error(Status::bad_input, node_.op,
                        std::string(name) + " is " + std::to_string(value) + ", which it cannot be");
        return static_cast<std::int64_t>(value);
    }
    std::uint64_t natural(std::string_view name, std::uint64_t otherwise,
                          std::int64_t most = std::int64_t{1} << 53) const {
        const std::int64_t value = integer(name, static_cast<std::int64_t>(otherwise), most);
        if (value < 0) throw Error(Status::bad_input, node_.op, std::string(name) + " is negative");
        return static_cast<std::uint64_t>(value);
    }
    bool       flag(std::string_view name) const { return natural(name, 0, 1) != 0; }
    Type       type() const { return element_type(call_, natural("type", ATTUNE_TENSOR_F32, ATTUNE_TENSOR_I32)); }
    Activation activation() const {
        return static_cast<Activation>(natural("activation", 0, static_cast<std::int64_t>(Activation::silu)));
    }

    Graph& graph;

private:
    const Call&        call_;
    const attune_node& node_;
};

// `masks`: the place of lengths, blocks and ancestors.
AttentionOptions attention_options(const Operands& in, std::uint32_t masks) {
    return {.heads           = in.natural("heads", 1),
            .key_value_heads = in.natural("key_value_heads", 0),
            .scale           = in.real("scale", 0),
            .causal          = in.flag("causal"),
            .query_position  = in.integer("query_position", 0),
            .lengths         = in.at(masks),
            .lengths_offset  = in.integer("lengths_offset", 0),
            .blocks          = in.at(masks + 1),
            .block_rows      = in.natural("block_rows", 8),
            .ancestors       = in.at(masks + 2),
            .typical_keys    = in.natural("typical_keys", 0),
            .keys_per_query  = in.natural("keys_per_query", 0),
            .type            = in.type()};
}

using Values = std::vector<Value>;

Values make_linear(const Operands& in) {
    return {linear(in.graph, in[0], in[1],
                   {.bias = in.at(2), .residual = in.at(3), .activation = in.activation(), .type = in.type()})};
}
Values make_linear_chosen(const Operands& in) { return {linear_chosen(in.graph, in[0], in[1], in[2], in.at(3))}; }
Values make_add(const Operands& in) { return {add(in.graph, in[0], in[1])}; }
Values make_activate(const Operands& in) { return {activate(in.graph, in[0], in.activation())}; }
Values make_layer_norm(const Operands& in) {
    return {layer_norm(in.graph, in[0], in[1], in[2], {.residual = in.at(3), .epsilon = in.real("epsilon", 1e-5)})};
}
Values make_softmax(const Operands& in) { return {softmax(in.graph, in[0])}; }
Values make_split_heads(const Operands& in) { return {split_heads(in.graph, in[0], in.natural("heads", 1))}; }
Values make_merge_heads(const Operands& in) { return {merge_heads(in.graph, in[0])}; }
Values make_attention(const Operands& in) {
    return {attention(in.graph, in[0], in[1], in[2], attention_options(in, 3))};
}
Values make_attention_staged(const Operands& in) {
    const StagedAttention made = attention_staged(in.graph, in[0], in[1], in[2], attention_options(in, 3));
    return {made.output, made.weights};
}
Values make_attention_scores(const Operands& in) {
    return {attention_scores(in.graph, in[0], in[1], attention_options(in, 2))};
}
Values make_attention_values(const Operands& in) {
    return {attention_values(in.graph, in[0], in[1],
                             {.mask    = attention_options(in, 2),
                              .rows    = in.flag("rows"),
                              .batch   = in.natural("batch", 1),
                              .queries = in.natural("queries", 0)})};
}
Values make_kv_append(const Operands& in) {
    const Caches made = kv_append(in.graph, {in[0], in[1]}, in[2], in[3], in[4]);
    return {made.key, made.value};
}
Values make_store(const Operands& in) { return {store(in.graph, in[0], in[1])}; }
Values make_embedding(const Operands& in) {
    return {embedding(in.graph, in[0], in[1],
                      {.scale          = in.real("scale", 1),
                       .positions      = in.at(2),
                       .position_table = in.at(3),
                       .beyond         = static_cast<Beyond>(in.natural("beyond", 0, 1))})};
}
Values make_top_k(const Operands& in) {
    const TopK made = top_k(in.graph, in[0], in.natural("k", 1), in.at(1),
                            static_cast<Banned>(in.natural("in_normaliser", 0, 1)), in.natural("widest", 0));
    return {made.ids, made.log_probabilities};
}
Values make_reorder_ancestors(const Operands& in) {
    return {reorder_ancestors(in.graph, in[0], in[1], in[2], in.natural("beams", 1))};
}
Values make_ssru(const Operands& in) {
    const SsruStep made =
        ssru(in.graph, in[0], in[1], in[2],
             {.parents = in.at(3), .position = in.at(4), .beams = in.natural("beams", 1), .type = in.type()});
    return {made.output, made.cell};
}
Values make_keep_rows(const Operands& in) {
    return {keep_rows(in.graph, in[0], in[1], in.flag("renumber") ? Renumber::yes : Renumber::no)};
}
Values make_advance(const Operands& in) { return {advance(in.graph, in[0], in.natural("step", 1))}; }
Values make_columns(const Operands& in) {
    return {columns(in.graph, in[0], in.natural("column", 0), in.natural("width", 0))};
}

constexpr std::string_view mask_attributes =
    "heads key_value_heads scale causal query_position lengths_offset block_rows typical_keys keys_per_query type";

struct Row {
    std::string_view name;
    std::uint32_t    required, optional, values;  // operands; what it gives
    std::string_view attributes;
    Values (*make)(const Operands&);
    std::string_view more_attributes = {};
};

constexpr Row rows[] = {
    {"linear", 2, 2, 1, "activation type", make_linear},
    {"linear_chosen", 3, 1, 1, "", make_linear_chosen},
    {"add", 2, 0, 1, "", make_add},
    {"activate", 1, 0, 1, "activation", make_activate},
    {"layer_norm", 3, 1, 1, "epsilon", make_layer_norm},
    {"softmax", 1, 0, 1, "", make_softmax},
    {"split_heads", 1, 0, 1, "heads", make_split_heads},
    {"merge_heads", 1, 0, 1, "", make_merge_heads},
    {"attention", 3, 3, 1, mask_attributes, make_attention},
    {"attention_staged", 3, 3, 2, mask_attributes, make_attention_staged},
    {"attention_scores", 2, 3, 1, mask_attributes, make_attention_scores},
    {"attention_values", 2, 3, 1, mask_attributes, make_attention_values, "rows batch queries"},
    {"kv_append", 5, 0, 2, "", make_kv_append},
    {"store", 2, 0, 1, "", make_store},
    {"embedding", 2, 2, 1, "scale beyond", make_embedding},
    {"top_k", 1, 1, 2, "k in_normaliser widest", make_top_k},
    {"reorder_ancestors", 3, 0, 1, "beams", make_reorder_ancestors},
    {"ssru", 3, 2, 2, "beams type", make_ssru},
    {"keep_rows", 2, 0, 1, "renumber", make_keep_rows},
    {"advance", 1, 0, 1, "step", make_advance},
    {"columns", 1, 0, 1, "column width", make_columns},
};

bool has_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        if (words.substr(0, end) == word) return true;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

const Row& row_of(const Call& call, std::string_view name) {
    for (const Row& row : rows)
        if (row.name == name) return row;
    std::string there;
    for (const Row& row : rows) there += (there.empty() ? "" : ", ") + std::string(row.name);
    call.refuse("there is no op \"" + std::string(name) + "\"", "there are " + there);
}

void check_operands(const Call& call, const Row& row, const Graph& graph, const attune_node& node) {
    const std::string op(row.name);
    if (node.input_count < row.required || node.input_count > row.required + row.optional)
        call.refuse(op + " has " + std::to_string(node.input_count) + " operands instead of " +
                    std::to_string(row.required) + " to " + std::to_string(row.required + row.optional));
    for (std::uint32_t i = 0; i < node.input_count; ++i) {
        const std::uint32_t id = node.inputs[i];
        if (id == ATTUNE_ABSENT && i < row.required)
            call.refuse("operand " + std::to_string(i) + " of " + op + " is absent and may not be");
        if (id != ATTUNE_ABSENT && id >= graph.values().size())
            call.refuse("operand " + std::to_string(i) + " of " + op + " is no value of this graph");
    }
}

void check_attributes(const Call& call, const Row& row, const attune_node& node) {
    for (std::uint32_t i = 0; i < node.attribute_count; ++i) {
        call.need(node.attributes[i].name, "the name of an attribute");
        const std::string name = node.attributes[i].name;
        if (has_word(row.attributes, name) || has_word(row.more_attributes, name)) continue;
        const std::string there =
            std::string(row.attributes) + (row.more_attributes.empty() ? "" : " ") + std::string(row.more_attributes);
        call.refuse(std::string(row.name) + " has no attribute \"" + name + "\"",
                    there.empty() ? "it has none" : "it has " + there);
    }
}

}  // namespace

Type element_type(const Call& call, std::uint64_t element) {
    constexpr std::array types = {Type::f32, Type::f16, Type::u32, Type::i32};
    if (element >= types.size()) call.refuse("element is none of attune_element");
    return types[element];
}

std::vector<Value> add_node(const Call& call, Graph& graph, const attune_node& node, std::uint32_t room) {
    const Row& row = row_of(call, node.op);
    check_operands(call, row, graph, node);
    check_attributes(call, row, node);
    if (room < row.values)
        call.refuse(std::string(row.name) + " gives " + std::to_string(row.values) + " values, and there is room for " +
                    std::to_string(room));
    return row.make(Operands(call, graph, node));
}

}  // namespace attune::c_api
