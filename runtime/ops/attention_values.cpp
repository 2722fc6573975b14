#include "kernels/kernels.h"
#include "ops/attention_problem.h"
#include "ops/ops.h"

namespace attune {
namespace ops {
namespace {

constexpr MaskInputs    mask        = mask_inputs_from(2);
constexpr std::uint64_t column_span = 64;  // columns of the result that a workgroup of attention_values_tiles makes

AttentionShape checked_shape(InputDescs in, const Attributes& attributes) {
    const bool        blocks = optional_input(in, mask.blocks) != nullptr;
    const TensorDesc& value  = required("attention_values", "value", in, 1);
    AttentionShape    shape =
        weights_shape("attention_values", required("attention_values", "weights", in, 0), blocks, attributes);
    const bool rows = value.shape.rank() == 3;
    if (rows && value.width() % shape.key_heads != 0)
        refuse("attention_values", "value",
               "has rows of " + std::to_string(value.width()) + ", no multiple of its heads");
    shape.size = rows ? value.width() / shape.key_heads : value.width();
    add_keys("attention_values", "value", value, shape);
    if (shape.size > 256)
        refuse("attention_values", "value",
               "has heads of " + std::to_string(shape.size) + ", at most 256 are supported");
    if (!blocks && shape.columns != shape.keys)
        refuse("attention_values", "weights",
               "has rows of " + std::to_string(shape.columns) + ", value has " + std::to_string(shape.keys) + " keys");
    check_mask("attention_values", in, mask, attributes, shape);
    return shape;
}

// weights, value, lengths?, blocks?, ancestors? -> [B, H, S, D], or [B, S, H*D] if `rows`
std::vector<TensorDesc> infer(InputDescs in, const Attributes& attributes) {
    const AttentionShape s    = checked_shape(in, attributes);
    const Type           type = result_type("attention_values", attributes, s);
    if (attributes.flag("rows")) return {{type, {s.batches, s.queries, s.heads * s.size}}};
    return {{type, {s.batches, s.heads, s.queries, s.size}}};
}

AttentionKernel kernel_for(const AttentionShape& shape, const DeviceTraits& traits) {
    static constexpr std::array lanes = {&kernels::attention_values_lanes_32, &kernels::attention_values_lanes_64,
                                         &kernels::attention_values_lanes_128, &kernels::attention_values_lanes_256};
    const std::size_t           size  = head_size_class(shape.size);
    if (!by_lanes(traits))
        return {
            .kernel = &kernels::attention_values_tiles, .tile_rows = 16, .parts = divide_up(shape.size, column_span)};
    return lane_kernel(*lanes[size], traits, rows_per_lane[size]);
}

Lowered lower(const Lowering& l) {
    const AttentionShape shape = checked_shape(l.input_descs(), l.attributes());

    AttentionProblem problem{.lowering        = l,
                             .shape           = shape,
                             .mask            = mask,
                             .kernel          = kernel_for(shape, l.traits),
                             .windows         = lane_kernel(kernels::attention_values_windows, l.traits),
                             .carried         = carry_of(shape.size),
                             .query           = heads_view(l.input(0), Access::read, shape.columns),
                             .key             = {},
                             .value           = heads_view(l.input(1), Access::read, shape.size),
                             .result          = heads_view(l.output(), Access::write, shape.size),
                             .flops_per_score = 2.0 * static_cast<double>(shape.size)};
    if (problem.has_blocks()) problem.query.batch = shape.queries * shape.columns;  // rows are counted over B * S
    problem.constants = {/* D */ static_cast<std::uint32_t>(shape.size),
                         /* VALUE_TYPE */ storage_constant(l.input(1).desc.type),
                         /* RESULT_TYPE */ storage_constant(l.output().desc.type),
                         /* ALIGNED */ problem.value.aligned() && problem.result.aligned()};
    return lower_attention(problem);
}

}  // namespace

const Op attention_values{.name           = "attention_values",
                          .infer          = infer,
                          .lower          = lower,
                          .strided_inputs = 2,
                          .half_inputs    = 2,
                          .half_output    = true};

}  // namespace ops

Value attention_values(Graph& g, Value weights, Value value, const AttentionValuesOptions& options) {
    Attributes attributes = ops::attention_attributes(options.mask);
    attributes.set("rows", std::int64_t{options.rows});
    attributes.set("batch", static_cast<std::int64_t>(options.batch));
    attributes.set("queries", static_cast<std::int64_t>(options.queries));
    return g.add(ops::attention_values, ops::with_mask({Operand{weights}, Operand{value}}, options.mask),
                 std::move(attributes))[0];
}

}  // namespace attune
