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

// By lanes a tile of rows, or one row in a decode step, per lane. Elsewhere a workgroup per tile
// of 16 rows, or per row in a decode step: that step's sums run in another order.
AttentionKernel kernel_for(const AttentionShape& shape, const DeviceTraits& traits, bool one_row) {
    static constexpr std::array lanes = {&kernels::attention_prefill_lanes_32, &kernels::attention_prefill_lanes_64,
                                         &kernels::attention_prefill_lanes_128, &kernels::attention_prefill_lanes_256};
    static constexpr std::array lanes_decode = {
        &kernels::attention_decode_lanes_32, &kernels::attention_decode_lanes_64, &kernels::attention_decode_lanes_128,
        &kernels::attention_decode_lanes_256};
    static constexpr std::array tiles = {&kernels::attention_prefill_tiles_64, &kernels::attention_prefill_tiles_64,
                                         &kernels::attention_prefill_tiles_128, &kernels::attention_prefill_tiles_256};
    const std::size_t           size  = head_size_class(shape.size);
    if (by_lanes(traits))
        return one_row ? lane_kernel(*lanes_decode[size], traits)
                       : lane_kernel(*lanes[size], traits, rows_per_lane[size]);
    if (shape.queries == 1)
        return {.kernel = &kernels::attention_decode_group, .group = group_lanes(traits, 128)};
    return {.kernel = tiles[size], .tile_rows = 16};
}

Lowered lower(const Lowering& l) {
    const AttentionShape shape = checked_shape(l.input_descs(), l.attributes());
    const bool one_row         = l.has(mask.blocks) ? l.attributes().integer("block_rows", 8) == 1 : shape.queries == 1;

    AttentionProblem problem{.lowering        = l,
                             .shape           = shape,
                             .mask            = mask,
                             .kernel          = kernel_for(shape, l.traits, one_row),
                             .windows         = lane_kernel(kernels::attention_windows, l.traits),
                             .carried         = carry_of(shape.size),
                             .query           = heads_view(l.input(0), Access::read, shape.size),
                             .key             = heads_view(l.input(1), Access::read, shape.size),
                             .value           = heads_view(l.input(2), Access::read, shape.size),
                             .result          = heads_view(l.output(), Access::write, shape.size),
                             .flops_per_score = 4.0 * static_cast<double>(shape.size),
                             .scale           = attention_scale(l.attributes(), shape.size) * std::numbers::log2e};
    problem.constants = {/* D */ static_cast<std::uint32_t>(shape.size),
                         /* QUERY_TYPE */ storage_constant(l.input(0).desc.type),
                         /* KEY_TYPE */ storage_constant(l.input(1).desc.type),
                         /* VALUE_TYPE */ storage_constant(l.input(2).desc.type),
                         /* RESULT_TYPE */ storage_constant(l.output().desc.type),
                         /* ALIGNED */ problem.query.aligned() && problem.key.aligned() && problem.value.aligned() &&
                             problem.result.aligned()};
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
