#include "params/kv_append.h"
#include "kernels/kernels.h"
#include "ops/lowering.h"
#include "ops/ops.h"

#include <attune/ops.hpp>

namespace attune {
namespace ops {
namespace {

// New rows in either layout, as the kernel addresses them: elements between neighbours.
struct NewRows {
    std::uint64_t batches, positions, heads, head_size;
    std::uint64_t batch_rows;  // rows of the operand per batch
    std::uint64_t head_stride, row_stride;
};

NewRows new_rows(const TensorDesc& desc, std::uint64_t stride, std::uint64_t heads) {
    const Shape& s = desc.shape;
    if (s.rank() == 4) return {s[0], s[2], s[1], s[3], s[1] * s[2], s[2] * s[3], s[3]};
    return {s[0], s[1], heads, s[2] / heads, s[1], s[2] / heads, stride};
}

void check_rows(std::string_view name, const TensorDesc& rows, const TensorDesc& cache) {
    expect_type("kv_append", name, rows, {Type::f32, Type::f16});
    const Shape& c = cache.shape;
    if (rows.shape.rank() == 4)
        expect_shape("kv_append", name, rows, {rows.shape[0], c[1], rows.shape[2], c[3]});
    else if (rows.shape.rank() != 3 || rows.width() != c[1] * c[3])
        refuse("kv_append", name,
               "has shape " + rows.shape.text() + ", wants [B, S, " + std::to_string(c[1] * c[3]) + "]");
    if (rows.shape[0] > c[0]) refuse("kv_append", name, "has more batches than the cache " + cache.text());
}

// key_cache, value_cache state [B, Hk, T, D], key, value [b, S, Hk * D] | [b, Hk, S, D], position [>= b] u32; b <= B
std::vector<TensorDesc> infer(InputDescs in, const Attributes&) {
    const TensorDesc& keys   = required("kv_append", "key_cache", in, 0);
    const TensorDesc& values = required("kv_append", "value_cache", in, 1);
    if (keys.shape.rank() != 4)
        refuse("kv_append", "key_cache", "has shape " + keys.shape.text() + ", wants [B, Hk, T, D]");
    expect_type("kv_append", "key_cache", keys, {Type::f32, Type::f16});
    expect_shape("kv_append", "value_cache", values, keys.shape);
    expect_type("kv_append", "value_cache", values, {keys.type});
    if (keys.type == Type::f16 && keys.width() % 2)
        refuse("kv_append", "key_cache", "is f16 with an odd head size", "use f32");
    const TensorDesc& key   = required("kv_append", "key", in, 2);
    const TensorDesc& value = required("kv_append", "value", in, 3);
    check_rows("key", key, keys);
    check_rows("value", value, values);
    const auto positions = [](const TensorDesc& rows) { return rows.shape[rows.shape.rank() - 2]; };
    if (value.shape[0] != key.shape[0] || positions(value) != positions(key))
        refuse("kv_append", "value", "is " + value.text() + ", wants as many batches and rows as key " + key.text());
    const TensorDesc& position = required("kv_append", "position", in, 4);
    expect_type("kv_append", "position", position, {Type::u32});
    if (position.elements() < key.shape[0]) refuse("kv_append", "position", "has fewer entries than there are batches");
    return {keys, values};
}

Lowered lower(const Lowering& l) {
    const Shape&        cache = l.output(0).desc.shape;  // [B, Hk, T, D]
    const std::uint64_t heads = cache[1], capacity = cache[2], head_size = cache[3], cache_rows = heads * capacity;
    const NewRows       key    = new_rows(l.input(2).desc, l.input(2).stride, heads);
    const NewRows       value  = new_rows(l.input(3).desc, l.input(3).stride, heads);
    const std::uint32_t lanes  = group_lanes(l.traits, 64);
    const std::uint64_t widest = std::max(cache_rows * head_size, key.batch_rows * l.input(2).stride) * 4;
    const std::uint64_t pairs  = key.positions * heads * divide_up(head_size, 2);

    Lowered lowered;
    for_row_slices(l.traits, key.batches, {.widest_row_bytes = widest}, [&](std::uint64_t first, std::uint64_t count) {
        const RowBinding k =
            row_range(l.input(2), Access::read, l.traits, first * key.batch_rows, count * key.batch_rows);
        const RowBinding v =
            row_range(l.input(3), Access::read, l.traits, first * value.batch_rows, count * value.batch_rows);
        const RowBinding to_k = row_range(l.output(0), Access::write, l.traits, first * cache_rows, count * cache_rows);
        const RowBinding to_v = row_range(l.output(1), Access::write, l.traits, first * cache_rows, count * cache_rows);
        Groups           groups = fold_groups(divide_up(count * pairs, lanes), l.traits);  // one lane a pair
        groups.z                = 2;                                                       // keys, values
        lowered.dispatches.push_back({
            .kernel    = &kernels::kv_append,
            .bindings  = {k.binding, v.binding, reads(l.input(4)), to_k.binding, to_v.binding},
            .constants = {/* GROUP */ lanes, /* KEY_TYPE */ storage_constant(l.input(2).desc.type),
                          /* VALUE_TYPE */ storage_constant(l.input(3).desc.type),
                          /* CACHE_TYPE */ storage_constant(l.output(0).desc.type)},
            .push      = KvAppendParams{.pairs             = static_cast<uint>(count * pairs),
                                        .positions         = static_cast<uint>(key.positions),
                                        .heads             = static_cast<uint>(heads),
                                        .head_size         = static_cast<uint>(head_size),
                                        .capacity          = static_cast<uint>(capacity),
                                        .first_batch       = static_cast<uint>(first),
                                        .key_start         = k.skipped + static_cast<uint>(l.input(2).column),
                                        .key_batch         = static_cast<uint>(key.batch_rows * l.input(2).stride),
                                        .key_head          = static_cast<uint>(key.head_stride),
                                        .key_row           = static_cast<uint>(key.row_stride),
                                        .value_start       = v.skipped + static_cast<uint>(l.input(3).column),
                                        .value_batch       = static_cast<uint>(value.batch_rows * l.input(3).stride),
                                        .value_head        = static_cast<uint>(value.head_stride),
                                        .value_row         = static_cast<uint>(value.row_stride),
                                        .key_cache_start   = to_k.skipped,
                                        .value_cache_start = to_v.skipped},
            .groups    = groups,
            .cost      = {.flops = 0, .bytes = 32.0 * static_cast<double>(count * pairs)},
        });
    });
    return lowered;
}

}  // namespace

const Op kv_append{.name           = "kv_append",
                   .infer          = infer,
                   .lower          = lower,
                   .in_place       = {0, 1, -1, -1},
                   .strided_inputs = 4 | 8,
                   .half_inputs    = 15};

}  // namespace ops

Caches kv_append(Graph& g, Caches caches, Value key, Value value, Value position) {
    const auto made = g.add(
        ops::kv_append, {Operand{caches.key}, Operand{caches.value}, Operand{key}, Operand{value}, Operand{position}},
        {{"heads", static_cast<std::int64_t>(g.desc(caches.key).shape[1])}});
    return {made[0], made[1]};
}

}  // namespace attune
