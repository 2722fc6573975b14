#include "ops/variants.h"

#include "kernels/kernels.h"
#include "ops/texels.h"

#include <algorithm>

namespace attune {
namespace {

constexpr const Kernel* shared_8[]      = {&kernels::linear_registers_1_shared_8, &kernels::linear_registers_4_shared_8,
                                           &kernels::linear_registers_8_shared_8, &kernels::linear_registers_16_shared_8};
constexpr const Kernel* shared_4[]      = {&kernels::linear_registers_1_shared_4, &kernels::linear_registers_4_shared_4,
                                           &kernels::linear_registers_8_shared_4, &kernels::linear_registers_16_shared_4};
constexpr const Kernel* chosen_shared[] = {&kernels::linear_chosen_1_shared_4, &kernels::linear_chosen_4_shared_4,
                                           &kernels::linear_chosen_8_shared_4};
constexpr const Kernel* blocks[] = {&kernels::linear_slices_1, &kernels::linear_slices_4, &kernels::linear_slices_8,
                                    &kernels::linear_tiled_16, &kernels::linear_tiled_64};
constexpr const Kernel* product_norms[]    = {&kernels::linear_registers_1_shared_8_norm,
                                              &kernels::linear_registers_4_shared_8_norm,
                                              &kernels::linear_registers_8_shared_8_norm,
                                              &kernels::linear_registers_16_shared_8_norm,
                                              &kernels::linear_registers_1_shared_4_norm,
                                              &kernels::linear_registers_4_shared_4_norm,
                                              &kernels::linear_registers_8_shared_4_norm,
                                              &kernels::linear_registers_16_shared_4_norm,
                                              &kernels::linear_slices_1_norm,
                                              &kernels::linear_slices_4_norm,
                                              &kernels::linear_slices_8_norm};
constexpr const Kernel* product_appends[]  = {&kernels::linear_registers_1_shared_8_append,
                                              &kernels::linear_registers_4_shared_8_append,
                                              &kernels::linear_registers_8_shared_8_append,
                                              &kernels::linear_registers_16_shared_8_append,
                                              &kernels::linear_registers_1_shared_4_append,
                                              &kernels::linear_registers_4_shared_4_append,
                                              &kernels::linear_registers_8_shared_4_append,
                                              &kernels::linear_registers_16_shared_4_append,
                                              &kernels::linear_slices_1_append,
                                              &kernels::linear_slices_4_append,
                                              &kernels::linear_slices_8_append};
constexpr const Kernel* norm_registers[]   = {&kernels::layer_norm_registers};
constexpr const Kernel* weight_registers[] = {&kernels::softmax_registers};
constexpr const Kernel* attention_shared[] = {
    &kernels::attention_prefill_shared_32_1,  &kernels::attention_prefill_shared_32_8,
    &kernels::attention_prefill_shared_64_1,  &kernels::attention_prefill_shared_64_4,
    &kernels::attention_prefill_shared_128_1, &kernels::attention_prefill_shared_128_2,
    &kernels::attention_prefill_shared_256_1};
constexpr const Kernel* norm_lanes[]      = {&kernels::layer_norm_rows};
constexpr const Kernel* weight_lanes[]    = {&kernels::softmax_lanes};
constexpr const Kernel* attention_tiles[] = {
    &kernels::attention_prefill_tiles_64, &kernels::attention_prefill_tiles_128, &kernels::attention_prefill_tiles_256,
    &kernels::attention_decode_group,     &kernels::attention_scores_tiles,      &kernels::attention_values_tiles};
constexpr const Kernel* attention_slices[] = {
    &kernels::attention_decode_slices_32, &kernels::attention_decode_slices_64, &kernels::attention_decode_slices_128,
    &kernels::attention_decode_slices_256, &kernels::attention_decode_group_slices};
constexpr const Kernel* search_steps[] = {&kernels::beam_step_1, &kernels::beam_step_4, &kernels::beam_step_16,
                                          &kernels::beam_step_16_shared};
constexpr const Kernel* shared_lists[] = {&kernels::top_k_strips_shared, &kernels::top_k_merge_shared};
constexpr const Kernel* shared_cells[] = {&kernels::ssru_shared};
constexpr auto          texel_readers  = [] {
    std::array<const Kernel*, std::size(texel_twins)> all{};
    std::ranges::transform(texel_twins, all.begin(), &TexelTwin::texels);
    return all;
}();

}  // namespace

const std::array<VariantFacts, variant_count>& variants() {
    static constexpr std::array<VariantFacts, variant_count> all = {{
        {Variant::linear_shared_8, "linear_shared_8", shared_8, "linear_shared_4"},
        {Variant::linear_shared_4, "linear_shared_4", shared_4, "linear_registers"},
        {Variant::linear_chosen_shared, "linear_chosen_shared", chosen_shared, "linear_chosen"},
        {Variant::linear_blocks, "linear_blocks", blocks, "linear_registers"},
        {Variant::linear_norm, "linear_norm", product_norms, "linear, layer_norm"},
        {Variant::linear_append, "linear_append", product_appends, "linear, kv_append"},
        {Variant::layer_norm_registers, "layer_norm_registers", norm_registers, "layer_norm_lanes"},
        {Variant::layer_norm_lanes, "layer_norm_lanes", norm_lanes, "layer_norm"},
        {Variant::softmax_registers, "softmax_registers", weight_registers, "softmax_lanes"},
        {Variant::softmax_lanes, "softmax_lanes", weight_lanes, "softmax"},
        {Variant::attention_shared, "attention_shared", attention_shared, "attention_lanes"},
        {Variant::attention_tiles, "attention_tiles", attention_tiles, "attention_lanes"},
        {Variant::attention_slices, "attention_slices", attention_slices, "attention of all keys at once"},
        {Variant::beam_step, "beam_step", search_steps, "one step per wait"},
        {Variant::top_k_shared, "top_k_shared", shared_lists, "top_k_lanes"},
        {Variant::ssru_shared, "ssru_shared", shared_cells, "ssru_lanes"},
        {Variant::texel_loads, "texel_loads", texel_readers, "storage buffers"},
    }};
    return all;
}

const VariantFacts* variant_of(const Kernel& kernel) {
    for (const VariantFacts& one : variants())
        if (std::ranges::find(one.kernels, &kernel) != one.kernels.end()) return &one;
    return nullptr;
}

}  // namespace attune
