#include "ops/linear_products.h"

#include "kernels/kernels.h"
#include "ops/layer_norm_order.h"
#include "params/linear.h"

#include <algorithm>

namespace attune::ops {
namespace {

// How many lanes share a row: 8, 4, or 0 where none do.
std::uint32_t lanes_that_share(const DeviceTraits& traits) {
    const std::uint32_t sharing = sharing_lanes(traits);
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
    const auto& kernels = by_sharing[lanes_that_share(traits) / 4];
    const auto  lanes   = group_lanes(traits, traits.is_cpu ? traits.subgroup_size : 64);
    std::size_t variant = 0;
    while (variant + 1 < heights.size() && heights[variant] < rows && kernels[variant + 1] != kernels[variant])
        ++variant;
    return {.kernel = kernels[variant], .lanes = lanes, .rows = heights[variant], .outputs = 8 * lanes};
}

ProductKernel choose_blocks(std::uint64_t rows) {
    if (rows <= 1) return {.kernel = &kernels::linear_slices_1, .lanes = 128, .rows = 1, .outputs = 16};
    if (rows <= 4) return {.kernel = &kernels::linear_slices_4, .lanes = 128, .rows = 4, .outputs = 16};
    if (rows <= 8) return {.kernel = &kernels::linear_slices_8, .lanes = 128, .rows = 8, .outputs = 16};
    if (rows <= 32) return {.kernel = &kernels::linear_tiled_16, .lanes = 128, .rows = 16, .outputs = 64};
    return {.kernel = &kernels::linear_tiled_64, .lanes = 128, .rows = 64, .outputs = 64};
}

// Turns of a lane's loops at most; lavapipe ends them after 65,535.
constexpr std::uint64_t most_turns = 50000;

// The kernels that have one with a norm, and in which order that adds.
struct WithNorm {
    const Kernel* product;
    const Kernel* norm;
    NormOrder     order;
};
constexpr WithNorm with_norms[] = {
    {&kernels::linear_registers_1_shared_8, &kernels::linear_registers_1_shared_8_norm, NormOrder::registers},
    {&kernels::linear_registers_4_shared_8, &kernels::linear_registers_4_shared_8_norm, NormOrder::registers},
    {&kernels::linear_registers_8_shared_8, &kernels::linear_registers_8_shared_8_norm, NormOrder::registers},
    {&kernels::linear_registers_16_shared_8, &kernels::linear_registers_16_shared_8_norm, NormOrder::registers},
    {&kernels::linear_registers_1_shared_4, &kernels::linear_registers_1_shared_4_norm, NormOrder::lane},
    {&kernels::linear_registers_4_shared_4, &kernels::linear_registers_4_shared_4_norm, NormOrder::lane},
    {&kernels::linear_registers_8_shared_4, &kernels::linear_registers_8_shared_4_norm, NormOrder::lane},
    {&kernels::linear_registers_16_shared_4, &kernels::linear_registers_16_shared_4_norm, NormOrder::lane},
    {&kernels::linear_slices_1, &kernels::linear_slices_1_norm, NormOrder::group},
    {&kernels::linear_slices_4, &kernels::linear_slices_4_norm, NormOrder::group},
    {&kernels::linear_slices_8, &kernels::linear_slices_8_norm, NormOrder::group}};

}  // namespace

NormKernel with_norm(const ProductKernel& product, const DeviceTraits& traits, std::uint64_t width) {
    const auto found = std::ranges::find(with_norms, product.kernel, &WithNorm::product);
    if (found == std::end(with_norms) || !traits.allows(Variant::linear_norm) || width % 4 != 0 ||
        found->order != norm_order(traits, width))
        return {};
    switch (found->order) {
    case NormOrder::registers: return {found->norm, 8};
    case NormOrder::lane:
        if (divide_up(product.rows, product.lanes) * width > most_turns) return {};
        return {found->norm, 1};
    case NormOrder::group: return {found->norm, norm_group(traits, width)};
    }
    return {};
}

ProductKernel choose_product(const DeviceTraits& traits, std::uint64_t rows) {
    const bool registers = traits.is_cpu || !traits.allows(Variant::linear_blocks);
    return registers ? choose_registers(traits, rows) : choose_blocks(rows);
}

Dispatch product_dispatch(const Lowering& l, const Product& product) {
    const Type          weight_type = l.input(linear_inputs::weight).layout->desc.type;
    const std::uint64_t row_groups  = divide_up(product.rows, product.kernel.rows);
    const ProductRows & x = product.x, &y = product.y;
    const ProductRows   residual = product.residual.value_or(x);
    const double        rows = static_cast<double>(product.rows), outputs = static_cast<double>(product.outputs),
                 k = static_cast<double>(product.width);
    // Kernels count outputs from bias_first in all three operands; before the binding's begin, modulo 2^32.
    const auto first_of = [&](const ProductRows& operand) {
        return static_cast<uint>(operand.first - product.bias_first);
    };
    Dispatch made{
        .kernel    = product.kernel.kernel,
        .bindings  = {x.binding, product.weight, product.bias.value_or(x.binding), residual.binding, y.binding},
        .constants = {/* GROUP */ product.kernel.lanes, /* X_TYPE */ storage_constant(x.type),
                      /* WEIGHT_TYPE */ storage_constant(weight_type), /* Y_TYPE */ storage_constant(y.type),
                      /* BIAS */ product.bias.has_value(), /* RESIDUAL */ product.residual.has_value(),
                      /* ACTIVATION */ product.activation,
                      /* ALIGNED */ product.width % 4 == 0 && x.stride % 4 == 0 && x.first % 4 == 0},
        .push      = LinearParams{.rows            = static_cast<uint>(product.rows),
                                  .width           = static_cast<uint>(product.width),
                                  .outputs         = static_cast<uint>(product.outputs),
                                  .first_output    = static_cast<uint>(product.bias_first),
                                  .first_panel     = static_cast<uint>(product.first_panel),
                                  .x_first         = static_cast<uint>(x.first),
                                  .x_stride        = static_cast<uint>(x.stride),
                                  .residual_first  = first_of(residual),
                                  .residual_stride = static_cast<uint>(residual.stride),
                                  .y_first         = first_of(y),
                                  .y_stride        = static_cast<uint>(y.stride),
                                  .row_groups      = static_cast<uint>(row_groups),
                                  .epsilon = product.norm ? static_cast<float>(product.norm->epsilon) : 0},
        .groups    = fold_groups(row_groups * divide_up(product.outputs, product.kernel.outputs), l.traits),
        .cost      = {.flops = 2 * rows * outputs * k,
                      .bytes = static_cast<double>(size_of(x.type)) * rows * k +
                               static_cast<double>(size_of(weight_type)) * outputs * k +
                               static_cast<double>(size_of(y.type) + (product.residual ? 4 : 0)) * rows * outputs},
    };
    if (product.norm) {
        const ProductNorm& norm = *product.norm;
        made.kernel             = norm.kernel.kernel;
        made.bindings.insert(made.bindings.end(), {norm.gain, norm.shift, counters(row_groups)});
        made.constants.push_back(/* NORM_LANES */ norm.kernel.lanes);
        made.cost.flops += 9 * rows * outputs;
    }
    return made;
}

}  // namespace attune::ops
