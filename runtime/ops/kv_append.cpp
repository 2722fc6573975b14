#include "params/kv_append.h"
#include "kernels/kernels.h"
#include "ops/box.h"
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

// Axes of the boxes: batch, head, new position, row of the cache, element. Where a position goes is known
// on the device alone: each part of the cache meets all new rows.
BoxSide new_side(const LoweredOperand& operand, const NewRows& rows) {
    return {.operand = operand,
            .access  = Access::read,
            .start   = operand.column,
            .strides = {rows.batch_rows * operand.stride, rows.head_stride, rows.row_stride, 0, 1}};
}

BoxSide cache_side(const LoweredOperand& operand) {
    const Shape& s = operand.desc.shape;  // [B, Hk, T, D]
    return {.operand = operand, .access = Access::write, .strides = {s[1] * s[2] * s[3], s[2] * s[3], 0, s[3], 1}};
}

Lowered lower(const Lowering& l) {
    const Shape&                 cache = l.output(0).desc.shape;  // [B, Hk, T, D]
    const NewRows                key   = new_rows(l.input(2).desc, l.input(2).stride, cache[1]);
    const NewRows                value = new_rows(l.input(3).desc, l.input(3).stride, cache[1]);
    const std::uint32_t          lanes = group_lanes(l.traits, 64);
    const std::array<BoxSide, 5> sides = {
        new_side(l.input(2), key), new_side(l.input(3), value),
        BoxSide{.operand = l.input(4), .access = Access::read, .strides = {1, 0, 0, 0, 0}}, cache_side(l.output(0)),
        cache_side(l.output(1))};

    Lowered lowered;
    for_boxes(l.traits, {.extent = {key.batches, cache[1], key.positions, cache[2], cache[3]}}, sides,
              {.granularity = {1, 1, 1, 1, 2}}, [&](const Box& box) {
                  const RowBinding k = bind(sides[0], box, l.traits), v = bind(sides[1], box, l.traits);
                  const RowBinding position = bind(sides[2], box, l.traits);
                  const RowBinding to_k = bind(sides[3], box, l.traits), to_v = bind(sides[4], box, l.traits);
                  const auto&      extent = box.extent;
                  const auto       pairs  = extent[0] * extent[1] * extent[2] * divide_up(extent[4], 2);
                  Groups           groups = fold_groups(divide_up(pairs, lanes), l.traits);  // one lane a pair
                  groups.z                = 2;                                               // keys, values
                  lowered.dispatches.push_back({
                      .kernel    = &kernels::kv_append,
                      .bindings  = {k.binding, v.binding, position.binding, to_k.binding, to_v.binding},
                      .constants = {/* GROUP */ lanes, /* KEY_TYPE */ storage_constant(l.input(2).desc.type),
                                    /* VALUE_TYPE */ storage_constant(l.input(3).desc.type),
                                    /* CACHE_TYPE */ storage_constant(l.output(0).desc.type)},
                      .push      = KvAppendParams{.pairs             = static_cast<uint>(pairs),
                                                  .positions         = static_cast<uint>(extent[2]),
                                                  .heads             = static_cast<uint>(extent[1]),
                                                  .head_size         = static_cast<uint>(extent[4]),
                                                  .first_position    = static_cast<uint>(box.first[2]),
                                                  .first_row         = static_cast<uint>(box.first[3]),
                                                  .rows              = static_cast<uint>(extent[3]),
                                                  .position_start    = position.skipped,
                                                  .key_start         = k.skipped,
                                                  .key_batch         = static_cast<uint>(sides[0].strides[0]),
                                                  .key_head          = static_cast<uint>(key.head_stride),
                                                  .key_row           = static_cast<uint>(key.row_stride),
                                                  .value_start       = v.skipped,
                                                  .value_batch       = static_cast<uint>(sides[1].strides[0]),
                                                  .value_head        = static_cast<uint>(value.head_stride),
                                                  .value_row         = static_cast<uint>(value.row_stride),
                                                  .cache_batch       = static_cast<uint>(sides[3].strides[0]),
                                                  .cache_head        = static_cast<uint>(sides[3].strides[1]),
                                                  .cache_row         = static_cast<uint>(sides[3].strides[3]),
                                                  .key_cache_start   = to_k.skipped,
                                                  .value_cache_start = to_v.skipped},
                      .groups    = groups,
                      .cost      = {.flops = 0, .bytes = 32.0 * static_cast<double>(pairs)},
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
