#include "kernels/kernels.h"
#include "ops/attention_problem.h"
#include "ops/ops.h"

#include <numbers>

namespace attune {
namespace ops {
namespace {

constexpr MaskInputs mask = mask_inputs_from(3);

AttentionShape checked_shape(InputDescs in, const Attributes& attributes) {
    AttentionShape shape = query_shape("attention", required("attention", "query", in, 0), attributes);
    add_keys("attention", "key", required("attention", "key", in, 1), shape);
    const AttentionShape of_keys = shape;
    add_keys("attention", "value", required("attention", "value", in, 2), shape);
    if (shape.keys != of_keys.keys || shape.key_batches != of_keys.key_batches)
        refuse("attention", "value", "has shape " + in[2]->shape.text() + ", wants as many rows as key");
    check_mask("attention", in, mask, attributes, shape);
    return shape;
}

// query, key, value, lengths?, blocks?, ancestors? -> result in the layout of query
std::vector<TensorDesc> infer(InputDescs in, const Attributes& attributes) {
    const AttentionShape shape = checked_shape(in, attributes);
    return {{result_type("attention", attributes, shape), in[0]->shape}};
}

// Lanes that share what they load, each with some rows of the tile: `rows` are those that a tile can use at most.
AttentionKernel shared_kernel(std::size_t size, const DeviceTraits& traits, std::uint64_t rows) {
    // By how many rows a lane holds: one, as many as may be.
    static constexpr std::array<std::array<const Kernel*, 2>, 4> sizes = {
        {{&kernels::attention_prefill_shared_32_1, &kernels::attention_prefill_shared_32_8},
         {&kernels::attention_prefill_shared_64_1, &kernels::attention_prefill_shared_64_4},
         {&kernels::attention_prefill_shared_128_1, &kernels::attention_prefill_shared_128_2},
         {&kernels::attention_prefill_shared_256_1, &kernels::attention_prefill_shared_256_1}}};
    const std::uint32_t lanes = group_lanes(traits, traits.subgroup_size);
    const bool          many  = rows > std::uint64_t{lanes} * traits.tuning.single_tiles;
    return {.kernel = sizes[size][many], .tile_rows = lanes * (many ? rows_per_lane[size] : 1), .group = lanes};
}

// By lanes a tile of rows, or one row in a decode step, per lane. Elsewhere a workgroup per tile
// of 16 rows, or per row in a decode step: that step's sums run in another order.
// `rows`: of a batch or block at most.
AttentionKernel kernel_for(const AttentionShape& shape, const DeviceTraits& traits, std::uint64_t rows, bool aligned) {
    const bool                  one_row = rows == 1;
    static constexpr std::array lanes   = {&kernels::attention_prefill_lanes_32, &kernels::attention_prefill_lanes_64,
                                           &kernels::attention_prefill_lanes_128, &kernels::attention_prefill_lanes_256};
    static constexpr std::array lanes_decode = {
        &kernels::attention_decode_lanes_32, &kernels::attention_decode_lanes_64, &kernels::attention_decode_lanes_128,
        &kernels::attention_decode_lanes_256};
    static constexpr std::array tiles = {&kernels::attention_prefill_tiles_64, &kernels::attention_prefill_tiles_64,
                                         &kernels::attention_prefill_tiles_128, &kernels::attention_prefill_tiles_256};
    const std::size_t           size  = head_size_class(shape.size);
    if (!one_row && aligned && sharing_lanes(traits) == 8 && traits.allows(Variant::attention_shared))
        return shared_kernel(size, traits, rows);
    if (by_lanes(traits))
        return one_row ? lane_kernel(*lanes_decode[size], traits)
                       : lane_kernel(*lanes[size], traits, rows_per_lane[size]);
    if (shape.queries == 1) return {.kernel = &kernels::attention_decode_group, .group = group_lanes(traits, 128)};
    return {.kernel = tiles[size], .tile_rows = 16};
}

Lowered lower(const Lowering& l) {
    const AttentionShape shape = checked_shape(l.input_descs(), l.attributes());
    const std::uint64_t  rows =
        l.has(mask.blocks) ? static_cast<std::uint64_t>(l.attributes().integer("block_rows", 8)) : shape.queries;

    AttentionProblem problem{.lowering        = l,
                             .shape           = shape,
                             .mask            = mask,
                             .kernel          = {},
                             .windows         = lane_kernel(kernels::attention_windows, l.traits),
                             .carried         = carry_of(shape.size),
                             .query           = heads_view(l.input(0), Access::read, shape.size),
                             .key             = heads_view(l.input(1), Access::read, shape.size),
                             .value           = heads_view(l.input(2), Access::read, shape.size),
                             .result          = heads_view(l.output(), Access::write, shape.size),
                             .flops_per_score = 4.0 * static_cast<double>(shape.size),
                             .scale           = attention_scale(l.attributes(), shape.size) * std::numbers::log2e};
    const bool       aligned =
        problem.query.aligned() && problem.key.aligned() && problem.value.aligned() && problem.result.aligned();
    problem.kernel    = kernel_for(shape, l.traits, rows, aligned);
    problem.constants = {/* D */ static_cast<std::uint32_t>(shape.size),
                         /* QUERY_TYPE */ storage_constant(l.input(0).desc.type),
                         /* KEY_TYPE */ storage_constant(l.input(1).desc.type),
                         /* VALUE_TYPE */ storage_constant(l.input(2).desc.type),
                         /* RESULT_TYPE */ storage_constant(l.output().desc.type),
                         /* ALIGNED */ aligned};
    cut_keys(problem);
    return lower_attention(problem);
}

}  // namespace

const Op attention{
    .name = "attention", .infer = infer, .lower = lower, .strided_inputs = 7, .half_inputs = 7, .half_output = true};

}  // namespace ops

Value attention(Graph& g, Value query, Value key, Value value, const AttentionOptions& options) {
    return g.add(ops::attention, ops::with_mask({Operand{query}, Operand{key}, Operand{value}}, options),
                 ops::attention_attributes(options))[0];
}

StagedAttention attention_staged(Graph& g, Value query, Value key, Value value, const AttentionOptions& options) {
    const Shape shape   = g.desc(query).shape;  // a copy: new nodes move the values
    const bool  rows    = shape.rank() == 3;
    const Value weights = softmax(g, attention_scores(g, query, key, options));
    const Value output  = attention_values(
         g, weights, value, {.mask = options, .rows = rows, .batch = shape[0], .queries = shape[rows ? 1 : 2]});
    return {output, weights};
}

}  // namespace attune
