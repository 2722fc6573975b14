#include "ops/linear_products.h"

#include "kernels/kernels.h"
#include "ops/layer_norm_order.h"
#include "ops/parts.h"
#include "params/linear.h"

#include <algorithm>

namespace attune::ops {
namespace {

// How many lanes share a row: 8, 4, or 0 where none do.
std::uint32_t lanes_that_share(const DeviceTraits& traits) {
    const std::uint32_t sharing = std::min(sharing_lanes(traits), traits.tuning.product_sharing);
    if (sharing == 8 && traits.allows(Variant::linear_shared_8)) return 8;
    return sharing >= 4 && traits.allows(Variant::linear_shared_4) ? 4 : 0;
}

ProductKernel choose_registers(const DeviceTraits& traits, std::uint64_t rows) {
    static constexpr std::array heights = {1u, 4u, 8u, 16u};
    // By how many lanes share a row: 1, 4, 8.
    static constexpr std::array<std::array<const Kernel*, 4>, 3> by_sharing = {
        {{&kernels::linear_registers_1, &kernels::linear_registers_4, &kernels::linear_registers_8,
          &kernels::linear_registers_8},
         {&kernels::linear_registers_1_shared_4, &kernels::linear_registers_4_shared_4,
          &kernels::linear_registers_8_shared_4, &kernels::linear_registers_16_shared_4},
         {&kernels::linear_registers_1_shared_8, &kernels::linear_registers_4_shared_8,
          &kernels::linear_registers_8_shared_8, &kernels::linear_registers_16_shared_8}}};
    const std::uint32_t sharing = lanes_that_share(traits);
    const auto&         kernels = by_sharing[sharing / 4];
    const auto          lanes   = group_lanes(traits, traits.is_cpu ? traits.subgroup_size : 64);
    std::size_t         variant = 0;
    while (variant + 1 < heights.size() && heights[variant] < rows &&
           heights[variant + 1] <= traits.tuning.product_rows && kernels[variant + 1] != kernels[variant])
        ++variant;
    // Only kernels for eight lanes have turns of two fours: SwiftShader would compile them for twice as long.
    return {.kernel  = kernels[variant],
            .lanes   = lanes,
            .rows    = heights[variant],
            .outputs = 8 * lanes,
            .fours   = sharing == 8 ? 2u : 1u};
}

ProductKernel choose_blocks(const Tuning& tuning, std::uint64_t rows) {
    if (rows <= 1) return {.kernel = &kernels::linear_slices_1, .lanes = 128, .rows = 1, .outputs = 16};
    if (rows <= 4) return {.kernel = &kernels::linear_slices_4, .lanes = 128, .rows = 4, .outputs = 16};
    if (rows <= tuning.sliced_rows)
        return {.kernel = &kernels::linear_slices_8, .lanes = 128, .rows = 8, .outputs = 16};
    if (rows <= tuning.low_tile_rows)
        return {.kernel = &kernels::linear_tiled_16, .lanes = 128, .rows = 16, .outputs = 64};
    return {.kernel = &kernels::linear_tiled_64, .lanes = 128, .rows = 64, .outputs = 64};
}

// Turns of a lane's loops at most; lavapipe ends them after 65,535.
constexpr std::uint64_t most_turns = 50000;

// Kernels that also exist with more behind the sums, and in which order those with a norm add.
struct Extended {
    const Kernel* product;
    const Kernel* norm;
    const Kernel* append;
    NormOrder     order;
};
#define ATTUNE_EXTENDED(PRODUCT, ORDER)                                                                                \
    { &kernels::PRODUCT, &kernels::PRODUCT##_norm, &kernels::PRODUCT##_append, NormOrder::ORDER }
constexpr Extended extended[] = {ATTUNE_EXTENDED(linear_registers_1_shared_8, registers),
                                 ATTUNE_EXTENDED(linear_registers_4_shared_8, registers),
                                 ATTUNE_EXTENDED(linear_registers_8_shared_8, registers),
                                 ATTUNE_EXTENDED(linear_registers_16_shared_8, registers),
                                 ATTUNE_EXTENDED(linear_registers_1_shared_4, lane),
                                 ATTUNE_EXTENDED(linear_registers_4_shared_4, lane),
                                 ATTUNE_EXTENDED(linear_registers_8_shared_4, lane),
                                 ATTUNE_EXTENDED(linear_registers_16_shared_4, lane),
                                 ATTUNE_EXTENDED(linear_slices_1, group),
                                 ATTUNE_EXTENDED(linear_slices_4, group),
                                 ATTUNE_EXTENDED(linear_slices_8, group)};
#undef ATTUNE_EXTENDED

const Extended* extended_of(const ProductKernel& product) {
    const auto found = std::ranges::find(extended, product.kernel, &Extended::product);
    return found == std::end(extended) ? nullptr : found;
}

}  // namespace

NormKernel with_norm(const ProductKernel& product, const DeviceTraits& traits, std::uint64_t width) {
    const Extended* const found = extended_of(product);
    if (!found || !traits.allows(Variant::linear_norm) || width % 4 != 0 || found->order != norm_order(traits, width))
        return {};
    switch (found->order) {
    case NormOrder::registers: {
        const HeldRow held = held_row(width);
        return {found->norm, register_lanes, held.full ? held.quads : 0};
    }
    case NormOrder::lane:
        if (divide_up(product.rows, product.lanes) * width > most_turns) return {};
        return {found->norm, 1};
    case NormOrder::group: return {found->norm, norm_group(traits, width)};
    }
    return {};
}

const Kernel* with_append(const ProductKernel& product, const DeviceTraits& traits) {
    const Extended* const found = extended_of(product);
    return found && traits.allows(Variant::linear_append) ? found->append : nullptr;
}

ProductKernel choose_product(const DeviceTraits& traits, std::uint64_t rows) {
    const bool registers = traits.is_cpu || !traits.allows(Variant::linear_blocks);
    return registers ? choose_registers(traits, rows) : choose_blocks(traits.tuning, rows);
}

namespace {

LinearParams params_of(const Product& product) {
    const ProductRows &x = product.x, &y = product.y, &residual = product.residual ? *product.residual : x;
    // Kernels count outputs from bias_first in all three operands; before the binding's begin, modulo 2^32.
    const auto first_of = [&](const ProductRows& operand) {
        return static_cast<uint>(operand.first - product.bias_first);
    };
    LinearParams params{};
    params.rows            = static_cast<uint>(product.rows);
    params.width           = static_cast<uint>(product.width);
    params.outputs         = static_cast<uint>(product.outputs);
    params.first_output    = static_cast<uint>(product.bias_first);
    params.first_panel     = static_cast<uint>(product.first_panel);
    params.x_first         = static_cast<uint>(x.first);
    params.x_stride        = static_cast<uint>(x.stride);
    params.residual_first  = first_of(residual);
    params.residual_stride = static_cast<uint>(residual.stride);
    params.y_first         = first_of(y);
    params.y_stride        = static_cast<uint>(y.stride);
    params.row_groups      = static_cast<uint>(divide_up(product.rows, product.kernel.rows));
    return params;
}

void add_norm(const ProductNorm& norm, LinearParams& params, Dispatch& dispatch) {
    dispatch.kernel = norm.kernel.kernel;
    dispatch.bindings.insert(dispatch.bindings.end(), {norm.gain, norm.shift, counters(params.row_groups)});
    dispatch.constants.push_back(/* NORM_LANES */ norm.kernel.lanes);
    const bool whole = params.y_first % 8 == 0 && params.y_stride % 8 == 0 && params.residual_first % 4 == 0 &&
                       params.residual_stride % 4 == 0;
    if (norm.kernel.fours) dispatch.constants.push_back(/* NORM_FOURS */ whole ? *norm.kernel.fours : 0);
    dispatch.cost.flops += 9.0 * params.rows * params.outputs;
    params.epsilon = static_cast<float>(norm.epsilon);
}

void add_append(const ProductAppend& append, LinearParams& params, Dispatch& dispatch) {
    dispatch.kernel = append.kernel;
    dispatch.bindings.insert(dispatch.bindings.end(), {append.position, append.key_cache, append.value_cache});
    dispatch.constants.push_back(/* CACHE_TYPE */ storage_constant(append.type));
    const Shape& cache   = append.cache;  // [B, Hk, T, D]
    params.first_row     = static_cast<uint>(append.first_row);
    params.positions     = static_cast<uint>(append.positions);
    params.key_column    = static_cast<uint>(append.key_column);
    params.value_column  = static_cast<uint>(append.value_column);
    params.cache_columns = static_cast<uint>(cache[1] * cache[3]);
    params.head_size     = static_cast<uint>(cache[3]);
    params.capacity      = static_cast<uint>(cache[2]);
}

}  // namespace

std::uint32_t fours_of_a_turn(const Product& product) {
    if (product.width % 4 != 0 || product.x.stride % 4 != 0 || product.x.first % 4 != 0) return 0;
    return product.width % 8 == 0 ? product.kernel.fours : 1;
}

Dispatch product_dispatch(const Lowering& l, const Product& product) {
    const Type         weight_type = l.input(linear_inputs::weight).layout->desc.type;
    LinearParams       params      = params_of(product);
    const ProductRows &x = product.x, &y = product.y;
    // Stands where no residual is: always of whole texels (texels.h).
    const Binding&     residual = product.residual ? product.residual->binding : product.weight;
    const double       rows = static_cast<double>(product.rows), outputs = static_cast<double>(product.outputs),
                 k = static_cast<double>(product.width);
    Dispatch made{
        .kernel    = product.kernel.kernel,
        .bindings  = {x.binding, product.weight, product.bias.value_or(x.binding), residual,
                      y.binding},
        .constants = {/* GROUP */ product.kernel.lanes, /* X_TYPE */ storage_constant(x.type),
                      /* WEIGHT_TYPE */ storage_constant(weight_type), /* Y_TYPE */ storage_constant(y.type),
                      /* BIAS */ product.bias.has_value(), /* RESIDUAL */ product.residual.has_value(),
                      /* ACTIVATION */ product.activation,
                      /* FOURS, or ALIGNED */ fours_of_a_turn(product)},
        .push      = {},
        .groups    = fold_groups(std::uint64_t{params.row_groups} * divide_up(product.outputs, product.kernel.outputs),
                                 l.traits),
        .cost      = {.flops = 2 * rows * outputs * k,
                      .bytes = static_cast<double>(size_of(x.type)) * rows * k +
                               static_cast<double>(size_of(weight_type)) * outputs * k +
                               static_cast<double>(size_of(y.type) + (product.residual ? 4 : 0)) * rows * outputs},
    };
    if (product.norm) add_norm(*product.norm, params, made);
    if (product.append) add_append(*product.append, params, made);
    made.push = params;
    return made;
}

}  // namespace attune::ops
