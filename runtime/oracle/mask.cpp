#include "oracle/mask.h"

#include <algorithm>

namespace attune::oracle {
namespace {

// How many of `keys` keys the query with index `query` may see.
std::uint64_t seen_keys(const Call& call, std::uint64_t keys, std::uint64_t query, std::int64_t position) {
    if (!call.attributes.flag("causal")) return keys;
    const std::int64_t last = static_cast<std::int64_t>(query) + position;  // key j is seen if j <= last
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(last + 1, 0, static_cast<std::int64_t>(keys)));
}

}  // namespace

Mask::Mask(const Call& call, std::size_t first_input, const Sizes& sizes) : sizes_(sizes) {
    const auto operand = [&](std::size_t i) {
        return call.has(first_input + i) ? &call.input(first_input + i) : nullptr;
    };
    blocks_    = operand(1);
    ancestors_ = operand(2);
    if (blocks_)
        add_blocks(call);
    else
        add_batches(call, operand(0));
}

void Mask::add_batches(const Call& call, const Array* lengths) {
    const std::int64_t position = call.attributes.integer("query_position");
    const std::int64_t offset   = call.attributes.integer("lengths_offset");
    const auto         capacity = static_cast<std::int64_t>(sizes_.keys);
    for (std::uint64_t b = 0; b < sizes_.batches; ++b) {
        std::int64_t length = capacity;
        if (lengths)
            length = std::clamp<std::int64_t>(static_cast<std::int64_t>(lengths->values[b]) + offset, 0, capacity);
        for (std::uint64_t s = 0; s < sizes_.queries; ++s)
            rows_.push_back({.batch     = b,
                             .query     = s,
                             .first_key = 0,
                             .keys      = sizes_.keys,
                             .seen      = seen_keys(call, static_cast<std::uint64_t>(length), s, position)});
    }
}

// A block is a row (first_query, queries, first_key, keys, position); what it names beyond the
// operands' ends is left out, so that a wrong block reads nothing it must not.
void Mask::add_blocks(const Call& call) {
    const std::uint64_t all_queries = sizes_.batches * sizes_.queries;
    for (std::uint64_t block = 0; block < blocks_->shape[0]; ++block) {
        const auto          field       = [&](std::uint64_t i) { return index_at(*blocks_, block * 5 + i); };
        const std::uint64_t first_query = field(0), first_key = std::min(field(2), sizes_.keys);
        const std::uint64_t keys     = std::min(field(3), sizes_.keys - first_key);
        const auto          position = static_cast<std::int64_t>(field(4));
        for (std::uint64_t i = 0; i < field(1) && first_query + i < all_queries; ++i) {
            const std::uint64_t row = first_query + i;
            rows_.push_back({.batch     = row / sizes_.queries,
                             .query     = row % sizes_.queries,
                             .first_key = first_key,
                             .keys      = keys,
                             .seen      = seen_keys(call, keys, i, position)});
        }
    }
}

std::uint64_t Mask::batch_of_key(const QueryRow& row, std::uint64_t key) const {
    if (blocks_) return 0;
    if (!ancestors_) return row.batch;
    return std::min(index_at(*ancestors_, row.batch * sizes_.keys + key), sizes_.key_batches - 1);
}

std::uint64_t Mask::scores_at(const QueryRow& row, std::uint64_t head, std::uint64_t heads, std::uint64_t width) const {
    if (blocks_) return ((head * sizes_.batches + row.batch) * sizes_.queries + row.query) * width;
    return ((row.batch * heads + head) * sizes_.queries + row.query) * width;
}

}  // namespace attune::oracle
