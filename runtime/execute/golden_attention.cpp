#include "execute/golden_ops.h"

#include <attune/ops.hpp>

#include <algorithm>

namespace attune::golden {
namespace {

constexpr std::uint64_t batch = 3;  // of unpadded sequences: 1

// The operands of the op that the pattern is of.
struct Places {
    std::size_t query, key, value, lengths;
};
constexpr std::size_t absent = SIZE_MAX;

struct Shapes {
    std::uint64_t heads, key_heads, size, batches, queries, key_batches, keys;
};

TensorDesc desc_of(const Pattern& like, std::size_t place, std::uint64_t batches, std::uint64_t heads,
                   std::uint64_t rows, std::uint64_t size) {
    const bool split = place != absent && like.input(place).shape.rank() == 4;
    const Type type  = place != absent ? like.input(place).type : Type::f32;
    return {type, split ? Shape{batches, heads, rows, size} : Shape{batches, rows, heads * size}};
}

// D of an operand whose heads lie in either layout.
std::uint64_t size_of_head(const TensorDesc& desc, std::uint64_t heads) {
    return desc.shape.rank() == 4 ? desc.width() : desc.width() / heads;
}

// Queries of one row have twice as many heads. With all sequences those fill a workgroup of 8 lanes, so slices of one head's
// keys lie in several workgroups: within one they are always there in time for whoever joins them too early.
AttentionOptions options_of(const Attributes& a, bool one_row) {
    const auto heads            = static_cast<std::uint64_t>(a.integer("heads", 1)),
               key_heads        = static_cast<std::uint64_t>(a.integer("key_value_heads"));
    const std::uint64_t sharing = key_heads ? heads / key_heads : 1, few = (sharing == 1 ? 2 : 1) * (one_row ? 2 : 1);
    return {.heads           = few * sharing,
            .key_value_heads = few,
            .scale           = a.real("scale"),
            .causal          = a.flag("causal"),
            .lengths_offset  = a.integer("lengths_offset"),
            .block_rows      = static_cast<std::uint64_t>(a.integer("block_rows", 8)),
            .type            = static_cast<Type>(a.integer("type"))};
}

// Two sequences one after the other, and a row of the keys that nobody sees.
Tensor blocks_of(std::uint64_t queries, std::uint64_t keys, std::uint64_t block_rows) {
    std::vector<std::uint32_t> table;
    const std::uint64_t        first = (queries + 1) / 2, first_keys = keys / 2;
    for (const bool second : {false, true}) {
        const std::uint64_t begin = second ? first : 0, end = second ? queries : first;
        for (std::uint64_t row = begin; row < end; row += block_rows)
            for (const std::uint64_t word : {row, std::min(block_rows, end - row), second ? first_keys : 0,
                                             second ? keys - 1 - first_keys : first_keys, row - begin})
                table.push_back(static_cast<std::uint32_t>(word));
    }
    return Tensor::u32({table.size() / 5, 5}, table);
}

// As many keys as there are, fewer, and none, by batches.
Tensor lengths_of(std::uint64_t keys, std::int64_t offset) {
    Tensor lengths({Type::u32, {batch}});
    for (std::uint64_t b = 0; b < batch; ++b)
        lengths.as<std::uint32_t>()[b] =
            static_cast<std::uint32_t>(std::clamp<std::int64_t>(static_cast<std::int64_t>(b == 0   ? keys
                                                                                          : b == 1 ? keys * 2 / 3
                                                                                                   : 0) -
                                                                    offset,
                                                                0, INT32_MAX));
    return lengths;
}

class Attention {
public:
    Attention(const Pattern& like, const Size& size, const Places& places)
        : like_(like), places_(places), blocks_(like.has(places.lengths + 1)), gathered_(size.gathered) {
        const auto heads = static_cast<std::uint64_t>(like.node.attributes.integer("heads", 1));
        const auto key_heads =
            std::max(static_cast<std::uint64_t>(like.node.attributes.integer("key_value_heads")), std::uint64_t{0});
        const bool by_query = places.query != absent;
        const bool one_row  = by_query ? queries_of(like.input(places.query)) == 1 : like.input(0).shape[2] == 1;
        options_            = options_of(like.node.attributes, one_row);
        shapes_.size        = by_query ? size_of_head(like.input(places.query), heads)
                                       : size_of_head(like.input(places.value), key_heads ? key_heads : heads);
        shapes_.heads       = options_.heads;
        shapes_.key_heads   = options_.key_value_heads;
        shapes_.batches     = blocks_ ? (one_row ? 5 : 1) : batch;
        shapes_.queries     = one_row ? 1 : size.rows;
        shapes_.key_batches = blocks_ ? 1 : batch;
        shapes_.keys        = size.inner;
    }

    // Query, key and value, and the mask.
    Made operands() {
        Graph& g = made_.graph;
        add_mask();
        query = g.input("query", query_desc());
        key   = g.input("key",
                        desc_of(like_, places_.key, shapes_.key_batches, shapes_.key_heads, shapes_.keys, shapes_.size));
        value = g.input(
            "value", desc_of(like_, places_.value, shapes_.key_batches, shapes_.key_heads, shapes_.keys, shapes_.size));
        return std::move(made_);
    }

    TensorDesc query_desc() const {
        return desc_of(like_, places_.query, shapes_.batches, shapes_.heads, shapes_.queries, shapes_.size);
    }
    bool                    one_row() const { return shapes_.queries == 1; }
    const AttentionOptions& options() const { return options_; }
    Value                   query, key, value;

private:
    static std::uint64_t queries_of(const TensorDesc& desc) { return desc.shape[desc.shape.rank() - 2]; }

    Value given(const std::string& name, Tensor tensor) {
        const Value value_of = made_.graph.input(name, tensor.desc());
        made_.give(name, std::move(tensor));
        return value_of;
    }

    void add_mask() {
        options_.query_position = static_cast<std::int64_t>(shapes_.keys) - static_cast<std::int64_t>(shapes_.queries);
        if (blocks_) {
            options_.blocks =
                given("blocks", blocks_of(shapes_.batches * shapes_.queries, shapes_.keys, options_.block_rows));
            options_.keys_per_query = shapes_.keys / 2;
        }
        if (like_.has(places_.lengths))
            options_.lengths = given("lengths", lengths_of(shapes_.keys, options_.lengths_offset));
        if (!like_.has(places_.lengths + 2) || gathered_) return;
        Tensor ancestors({Type::u32, {batch, shapes_.keys}});
        for (std::uint64_t i = 0; i < batch * shapes_.keys; ++i)
            ancestors.as<std::uint32_t>()[i] = number_below(5, i, batch);
        options_.ancestors = given("ancestors", std::move(ancestors));
    }

    const Pattern&   like_;
    Places           places_;
    AttentionOptions options_;
    bool             blocks_, gathered_;
    Shapes           shapes_{};
    Made             made_;
};

}  // namespace

// Decode steps twice: what the first leaves behind must not trouble the second.
Made attention(const Pattern& like, const Size& size) {
    Attention  attention(like, size, {.query = 0, .key = 1, .value = 2, .lengths = 3});
    Made       made = attention.operands();
    Graph&     g    = made.graph;
    const auto add  = [&](const std::string& name, Value query) {
        g.output(name, attune::attention(g, query, attention.key, attention.value, attention.options()));
    };
    add("y", attention.query);
    if (attention.one_row()) add("y again", g.input("query again", attention.query_desc()));
    return made;
}

// Scores, weights and values, whichever of them is asked for.
Made staged_attention(const Pattern& like, const Size& size) {
    const bool  scores = like.node.op->name == "attention_scores";
    Attention   attention(like, size,
                        scores ? Places{.query = 0, .key = 1, .value = absent, .lengths = 2}
                                 : Places{.query = absent, .key = absent, .value = 1, .lengths = 2});
    Made        made    = attention.operands();
    Graph&      g       = made.graph;
    const bool  rows    = !scores && like.node.attributes.flag("rows");
    const Value weights = softmax(g, attention_scores(g, attention.query, attention.key, attention.options()));
    const Shape query   = g.desc(attention.query).shape;
    g.output("weights", weights);
    g.output("y",
             attention_values(
                 g, weights, attention.value,
                 {.mask = attention.options(), .rows = rows, .batch = query[0], .queries = query[query.rank() - 2]}));
    return made;
}

}  // namespace attune::golden
