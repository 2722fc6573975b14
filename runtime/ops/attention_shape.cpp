#include "ops/attention_problem.h"

#include <cmath>

namespace attune::ops {

Attributes attention_attributes(const AttentionOptions& options) {
    return {{"heads", static_cast<std::int64_t>(options.heads)},
            {"key_value_heads", static_cast<std::int64_t>(options.key_value_heads)},
            {"scale", options.scale},
            {"causal", std::int64_t{options.causal}},
            {"query_position", options.query_position},
            {"lengths_offset", options.lengths_offset},
            {"block_rows", static_cast<std::int64_t>(options.block_rows)},
            {"typical_keys", static_cast<std::int64_t>(options.typical_keys)},
            {"type", static_cast<std::int64_t>(options.type)}};
}

std::vector<std::optional<Operand>> with_mask(std::vector<std::optional<Operand>> inputs,
                                              const AttentionOptions&             options) {
    for (const std::optional<Value>& value : {options.lengths, options.blocks, options.ancestors})
        inputs.push_back(value ? std::optional(Operand{*value}) : std::nullopt);
    return inputs;
}

void check_storage(std::string_view op, std::string_view operand, const TensorDesc& desc) {
    expect_type(op, operand, desc, {Type::f32, Type::f16});
    if (desc.elements() == 0) refuse(op, operand, "is empty: " + desc.text());
    if (desc.type == Type::f16 && desc.width() % 2 != 0)
        refuse(op, operand, "has rows of an odd width in f16", "use f32");
}

namespace {

void read_heads(std::string_view op, const Attributes& attributes, AttentionShape& shape) {
    const std::int64_t heads = attributes.integer("heads", 1), key_heads = attributes.integer("key_value_heads");
    if (heads < 1 || heads > 65536 || key_heads < 0 || key_heads > heads || (key_heads > 0 && heads % key_heads != 0))
        refuse(op, "query",
               "cannot have " + std::to_string(heads) + " heads over " + std::to_string(key_heads) + " key heads");
    shape.heads     = static_cast<std::uint64_t>(heads);
    shape.key_heads = key_heads ? static_cast<std::uint64_t>(key_heads) : shape.heads;
}

}  // namespace

AttentionShape query_shape(std::string_view op, const TensorDesc& query, const Attributes& attributes) {
    AttentionShape shape;
    read_heads(op, attributes, shape);
    check_storage(op, "query", query);
    const Shape& s = query.shape;
    if (s.rank() != 3 && s.rank() != 4)
        refuse(op, "query", "has shape " + s.text() + ", wants [B, H, S, D] or [B, S, H*D]");
    shape.batches = s[0];
    if (s.rank() == 4) {
        expect_shape(op, "query", query, {s[0], shape.heads, s[2], s[3]});
        shape.queries = s[2];
        shape.size    = s[3];
    } else {
        if (s[2] % shape.heads != 0)
            refuse(op, "query", "has rows of " + std::to_string(s[2]) + ", no multiple of its heads");
        shape.queries = s[1];
        shape.size    = s[2] / shape.heads;
    }
    if (shape.size > 256)
        refuse(op, "query", "has heads of " + std::to_string(shape.size) + ", at most 256 are supported");
    return shape;
}

AttentionShape weights_shape(std::string_view op, const TensorDesc& weights, bool blocks,
                             const Attributes& attributes) {
    AttentionShape shape;
    read_heads(op, attributes, shape);
    expect_type(op, "weights", weights, {Type::f32});
    const Shape& s = weights.shape;
    if (s.rank() != 4 || weights.elements() == 0)
        refuse(op, "weights", "has shape " + s.text() + ", wants [B, H, S, T]");
    expect_shape(op, "weights", weights, {blocks ? 1 : s[0], shape.heads, s[2], s[3]});
    shape.batches = s[0];
    shape.queries = s[2];
    shape.columns = s[3];
    if (!blocks) return shape;
    const std::int64_t batch = attributes.integer("batch", 1), queries = attributes.integer("queries");
    if (batch < 1 || queries < 1 || s[2] % static_cast<std::uint64_t>(batch) != 0 ||
        s[2] / static_cast<std::uint64_t>(batch) != static_cast<std::uint64_t>(queries))
        refuse(op, "weights", "has " + std::to_string(s[2]) + " rows, wants batch x queries of the options");
    shape.batches = static_cast<std::uint64_t>(batch);
    shape.queries = static_cast<std::uint64_t>(queries);
    return shape;
}

void add_keys(std::string_view op, std::string_view operand, const TensorDesc& keys, AttentionShape& shape) {
    check_storage(op, operand, keys);
    const Shape& s = keys.shape;
    if (s.rank() != 3 && s.rank() != 4)
        refuse(op, operand, "has shape " + s.text() + ", wants [B, H, T, D] or [B, T, H*D]");
    shape.key_batches = s[0];
    shape.keys        = s[s.rank() - 2];
    if (s.rank() == 4)
        expect_shape(op, operand, keys, {s[0], shape.key_heads, shape.keys, shape.size});
    else
        expect_shape(op, operand, keys, {s[0], shape.keys, shape.key_heads * shape.size});
}

void check_mask(std::string_view op, InputDescs in, const MaskInputs& mask, const Attributes& attributes,
                AttentionShape& shape) {
    const TensorDesc* lengths   = optional_input(in, mask.lengths);
    const TensorDesc* blocks    = optional_input(in, mask.blocks);
    const TensorDesc* ancestors = optional_input(in, mask.ancestors);
    for (const TensorDesc* desc : {lengths, blocks, ancestors})
        if (desc)
            expect_type(op, desc == lengths ? "lengths" : desc == blocks ? "blocks" : "ancestors", *desc, {Type::u32});
    if (lengths && blocks) refuse(op, "blocks", "exclude lengths", "say in one way which keys a query sees");
    if (lengths && lengths->elements() < shape.batches)
        refuse(op, "lengths",
               "has " + std::to_string(lengths->elements()) + " entries for " + std::to_string(shape.batches) +
                   " batches");
    if (ancestors) {
        if (!lengths || shape.queries != 1) refuse(op, "ancestors", "want lengths and one query per batch");
        if (ancestors->shape.rank() != 2 || ancestors->shape[0] < shape.batches || ancestors->width() != shape.keys)
            refuse(op, "ancestors",
                   "has shape " + ancestors->shape.text() + ", wants [" + std::to_string(shape.batches) + " or more, " +
                       std::to_string(shape.keys) + "]");
    }
    if (blocks) {
        if (blocks->shape.rank() != 2 || blocks->shape[0] == 0)
            refuse(op, "blocks", "has shape " + blocks->shape.text() + ", wants [n, 5]");
        expect_shape(op, "blocks", *blocks, {blocks->shape[0], 5});
        if (attributes.integer("block_rows", 8) < 1) refuse(op, "blocks", "need block_rows of at least 1");
    }
    const std::uint64_t wanted = blocks ? 1 : shape.batches;
    if (shape.key_batches < wanted || (shape.key_batches > wanted && !lengths))  // a cache may have room for more rows
        refuse(op, "key", "has batch " + std::to_string(shape.key_batches) + ", wants " + std::to_string(wanted));
    if (shape.keys > (1u << 30) || shape.queries * shape.batches > (1u << 30)) refuse(op, "query", "has too many rows");
}

Type result_type(std::string_view op, const Attributes& attributes, const AttentionShape& shape) {
    const Type type = static_cast<Type>(attributes.integer("type"));
    if (type != Type::f32 && type != Type::f16)
        refuse(op, "result", "is " + std::string(name_of(type)) + ", wants f32 or f16");
    if (type == Type::f16 && shape.size % 2 != 0) refuse(op, "result", "has heads of an odd size in f16", "use f32");
    return type;
}

double attention_scale(const Attributes& attributes, std::uint64_t size) {
    const double scale = attributes.real("scale");
    return scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(size));
}

}  // namespace attune::ops
