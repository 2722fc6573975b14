// What `rewrite` makes of projections whose columns kv_append takes: the product writes its new keys and values into the
// caches itself. Columns of y that are keys or values are nobody's to read.
#include "ops/linear_products.h"
#include "ops/ops.h"

#include <attune/error.hpp>

namespace attune::ops {
namespace {

using namespace linear_append_inputs;

std::size_t column(const Attributes& attributes, const char* name) {
    return static_cast<std::size_t>(attributes.integer(name));
}

// The node that kv_append alone would be, over columns of y.
std::vector<std::optional<LoweredOperand>> append_inputs(const Lowering& l) {
    const Shape& cache = l.input(key_cache).desc.shape;
    const auto   part  = [&](const char* first) {
        LoweredOperand columns = l.output();
        columns.column         = column(l.attributes(), first);
        columns.desc.shape     = columns.desc.shape.with_width(cache[1] * cache[3]);
        return columns;
    };
    return {l.input(key_cache), l.input(value_cache), part("key_column"), part("value_column"), l.input(position)};
}

// linear's operands, no residual, key_cache, value_cache, position as kv_append's -> y as linear's, and the caches.
// Attributes: key_column, value_column, of y.
std::vector<TensorDesc> infer(InputDescs in, const Attributes& attributes) {
    const InputDescs        sums = in.first(std::min<std::size_t>(in.size(), key_cache));
    std::vector<TensorDesc> made = linear.infer(sums, attributes);
    const TensorDesc&       keys = required("linear_append", "key_cache", in, key_cache);
    if (keys.shape.rank() != 4 || made[0].shape.rank() != 3)
        refuse("linear_append", "key_cache", "has shape " + keys.shape.text(), "y is " + made[0].text());
    const std::uint64_t width = keys.shape[1] * keys.shape[3];
    for (const char* first : {"key_column", "value_column"})
        if (column(attributes, first) + width > made[0].width())
            refuse("linear_append", "y", "is " + made[0].text() + ", too narrow for " + first);
    const TensorDesc                     rows{made[0].type, made[0].shape.with_width(width)};
    const std::vector<const TensorDesc*> operands = {&keys, &required("linear_append", "value_cache", in, value_cache),
                                                     &rows, &rows,
                                                     &required("linear_append", "position", in, position)};
    const auto                           caches   = kv_append.infer(operands, attributes);
    made.insert(made.end(), caches.begin(), caches.end());
    return made;
}

// Caches and positions that a dispatch sees whole, and fours of columns that lie in one head.
std::optional<WholeProduct> whole_with_append(const Lowering& l) {
    const LoweredOperand& keys         = l.input(key_cache);
    const ProductKernel   kernel       = choose_product(l.traits, l.input(linear_inputs::x).desc.rows());
    const Kernel* const   with         = with_append(kernel, l.traits);
    const auto            fits         = [&](std::size_t i) { return l.input(i).bytes <= l.traits.max_binding; };
    const std::size_t     key_column   = column(l.attributes(), "key_column");
    const std::size_t     value_column = column(l.attributes(), "value_column");
    if (!with || !fits_whole(l) || !fits(key_cache) || !fits(value_cache) || !fits(position)) return {};
    if (keys.desc.width() % 4 || key_column % 4 || value_column % 4) return {};
    return WholeProduct{.kernel = kernel,
                        .norm   = {},
                        .append = ProductAppend{.kernel       = with,
                                                .position     = reads(l.input(position)),
                                                .key_cache    = writes(l.output(1)),
                                                .value_cache  = writes(l.output(2)),
                                                .type         = keys.desc.type,
                                                .cache        = keys.desc.shape,
                                                .first_row    = 0,
                                                .positions    = l.output().desc.shape[1],
                                                .key_column   = key_column,
                                                .value_column = value_column}};
}

Lowered lower(const Lowering& l) {
    if (const std::optional<WholeProduct> whole = whole_with_append(l)) return lower_whole(l, *whole);
    Lowered  lowered      = lower_sums(l);
    Lowering append_alone = l;
    append_alone.inputs   = append_inputs(l);
    append_alone.outputs  = {l.output(1), l.output(2)};
    append(lowered, kv_append.lower(append_alone));
    return lowered;
}

}  // namespace

const Op linear_append{.name           = "linear_append",
                       .infer          = infer,
                       .lower          = lower,
                       .in_place       = {-1, key_cache, value_cache, -1},
                       .strided_inputs = 1u << linear_inputs::x,
                       .half_inputs =
                           1u << linear_inputs::x | 1u << linear_inputs::weight | 1u << key_cache | 1u << value_cache,
                       .half_output  = true,
                       .int8_inputs  = 1u << linear_inputs::weight,
                       .panel_inputs = 1u << linear_inputs::weight};

}  // namespace attune::ops
