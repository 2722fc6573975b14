// Ops that write states in place: caches of keys and values, and memory of any shape.
#include "oracle/functions.h"
#include "oracle/heads.h"

#include <algorithm>

namespace attune::oracle {
namespace {

// cache[b, :, position[b] + s, :] = rows[b, s]; rows beyond the capacity are dropped
void append(const Array& rows, const Array& position, std::uint64_t heads, const Output& cache) {
    const HeadsLayout from = heads_layout(rows.shape, heads);
    const HeadsLayout to   = heads_layout(cache.array->shape, heads);
    for (std::uint64_t b = 0; b < from.batches; ++b)
        for (std::uint64_t s = 0; s < from.rows; ++s) {
            const std::uint64_t row = index_at(position, b) + s;
            if (row >= to.rows) break;
            for (std::uint64_t h = 0; h < from.heads; ++h)
                for (std::uint64_t d = 0; d < from.size; ++d)
                    cache.array->values[to.at(b, h, row) + d] = rounded(rows.values[from.at(b, h, s) + d], cache.type);
        }
}

}  // namespace

double rounded(double value, Type type) {
    return type == Type::f16 ? static_cast<double>(from_f16(to_f16(static_cast<float>(value)))) : value;
}

// key_cache, value_cache [B, Hk, T, D], key, value [B, S, Hk * D] | [B, Hk, S, D], position [B] -> both caches
void kv_append(const Call& call) {
    const std::uint64_t heads = call.count("heads", call.input(0).shape[1]);
    append(call.input(2), call.input(4), heads, call.outputs.at(0));
    append(call.input(3), call.input(4), heads, call.outputs.at(1));
}

// linear's operands, key_cache, value_cache, position -> y as linear's, and both caches with columns of it
void linear_append(const Call& call) {
    linear({call.attributes, {call.inputs.begin(), call.inputs.begin() + 4}, {call.outputs[0]}});
    const Array&        y     = call.output();
    const Shape&        cache = call.input(4).shape;
    const std::uint64_t width = cache[1] * cache[3];
    for (const std::size_t side : {1u, 2u}) {
        const std::uint64_t first = call.count(side == 1 ? "key_column" : "value_column");
        Array               rows{y.shape.with_width(width), {}};
        for (std::uint64_t r = 0; r < y.shape.rows(); ++r)
            rows.values.insert(rows.values.end(),
                               y.values.begin() + static_cast<std::ptrdiff_t>(r * y.shape.width() + first),
                               y.values.begin() + static_cast<std::ptrdiff_t>(r * y.shape.width() + first + width));
        append(rows, call.input(6), cache[1], call.outputs.at(side));
    }
}

// memory [.., E], x [.., E] -> memory, its first rows replaced by x
void store(const Call& call) {
    const Array&      x     = call.input(1);
    const std::size_t count = std::min(x.values.size(), call.output().values.size());
    for (std::size_t i = 0; i < count; ++i) call.output().values[i] = rounded(x.values[i], call.outputs[0].type);
}

// memory [R, ..], indices [n], ascending -> memory, its row i replaced by its row indices[i]. With the
// attribute renumber the numbers are row numbers themselves and move down as far as their row does.
void keep_rows(const Call& call) {
    const Array  before  = call.input(0);  // a copy: the output is the same array
    const Array& indices = call.input(1);
    if (before.values.empty()) return;
    const std::uint64_t rows = before.shape[0], width = before.values.size() / rows;
    const bool          renumber = call.attributes.flag("renumber");
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(indices.values.size(), rows); ++i) {
        const std::uint64_t from = std::min(index_at(indices, i), rows - 1);
        for (std::uint64_t e = 0; e < width; ++e) {
            double& kept = call.output().values[i * width + e];
            kept         = before.values[from * width + e];
            if (renumber) kept = static_cast<double>((static_cast<std::uint64_t>(kept) - (from - i)) & 0xffffffffu);
        }
    }
}

// position [..] -> position + step; u32 wraps around
void advance(const Call& call) {
    const std::uint64_t step = call.count("step", 1);
    for (double& value : call.output().values)
        value = static_cast<double>((static_cast<std::uint64_t>(value) + step) & 0xffffffffu);
}

}  // namespace attune::oracle
