#include "kernels/kernels.h"
#include "ops/attention_problem.h"
#include "ops/ops.h"

namespace attune {
namespace ops {
namespace {

constexpr MaskInputs    mask     = mask_inputs_from(2);
constexpr std::uint64_t key_span = 32;  // keys of a work item, in both kernels

AttentionShape checked_shape(InputDescs in, const Attributes& attributes) {
    AttentionShape shape = query_shape("attention_scores", required("attention_scores", "query", in, 0), attributes);
    add_keys("attention_scores", "key", required("attention_scores", "key", in, 1), shape);
    check_mask("attention_scores", in, mask, attributes, shape);
    shape.columns = shape.keys;
    if (!optional_input(in, mask.blocks)) return shape;
    const std::int64_t columns = attributes.integer("keys_per_query");
    if (columns < 1 || columns > (1 << 30)) refuse("attention_scores", "blocks", "need keys_per_query");
    shape.columns = static_cast<std::uint64_t>(columns);
    return shape;
}

// query, key, lengths?, blocks?, ancestors? -> [B, H, S, T], with blocks [1, H, B*S, keys_per_query]
std::vector<TensorDesc> infer(InputDescs in, const Attributes& attributes) {
    const AttentionShape s = checked_shape(in, attributes);
    if (optional_input(in, mask.blocks)) return {{Type::f32, {1, s.heads, s.batches * s.queries, s.columns}}};
    return {{Type::f32, {s.batches, s.heads, s.queries, s.columns}}};
}

AttentionKernel kernel_for(const AttentionShape& shape, const DeviceTraits& traits) {
    static constexpr std::array lanes = {&kernels::attention_scores_lanes_32, &kernels::attention_scores_lanes_64,
                                         &kernels::attention_scores_lanes_128, &kernels::attention_scores_lanes_256};
    const std::size_t           size  = head_size_class(shape.size);
    const std::uint64_t         parts = divide_up(shape.columns, key_span);
    if (!by_lanes(traits)) return {.kernel = &kernels::attention_scores_tiles, .tile_rows = 16, .parts = parts};
    return lane_kernel(*lanes[size], traits, rows_per_lane[size], parts);
}

Lowered lower(const Lowering& l) {
    const AttentionShape shape = checked_shape(l.input_descs(), l.attributes());

    AttentionProblem problem{.lowering        = l,
                             .shape           = shape,
                             .mask            = mask,
                             .kernel          = kernel_for(shape, l.traits),
                             .windows         = lane_kernel(kernels::attention_scores_windows, l.traits, 1,
                                                            divide_up(shape.columns, key_span)),
                             .query           = heads_view(l.input(0), Access::read, shape.size),
                             .key             = heads_view(l.input(1), Access::read, shape.size),
                             .value           = {},
                             .result          = heads_view(l.output(), Access::write, shape.columns),
                             .flops_per_score = 2.0 * static_cast<double>(shape.size),
                             .scale           = attention_scale(l.attributes(), shape.size)};
    if (problem.has_blocks()) problem.result.batch = shape.queries * shape.columns;  // rows are counted over B * S
    problem.constants = {/* D */ static_cast<std::uint32_t>(shape.size),
                         /* QUERY_TYPE */ storage_constant(l.input(0).desc.type),
                         /* KEY_TYPE */ storage_constant(l.input(1).desc.type),
                         /* ALIGNED */ problem.query.aligned() && problem.key.aligned()};
    return lower_attention(problem);
}

}  // namespace

const Op attention_scores{
    .name = "attention_scores", .infer = infer, .lower = lower, .strided_inputs = 3, .half_inputs = 3};

}  // namespace ops

Value attention_scores(Graph& g, Value query, Value key, const AttentionOptions& options) {
    Attributes attributes = ops::attention_attributes(options);
    attributes.set("keys_per_query", static_cast<std::int64_t>(options.keys_per_query));
    return g.add(ops::attention_scores, ops::with_mask({Operand{query}, Operand{key}}, options),
                 std::move(attributes))[0];
}

}  // namespace attune
