// Kernels with a twin that reads some of its bindings as texels: the same numbers and the same sums, and so the same bits,
// sooner where a driver loads texels faster than words of a storage buffer. Some write words of 64 bits for the same reason.
#pragma once

#include "kernels/kernels.h"
#include "ops/dispatch.h"
#include "tuning/device_traits.h"

#include <array>

namespace attune {

// A binding that the twin reads as texels, declared by LOADS (shaders/formats/storage.glsl).
struct TexelSlot {
    std::uint32_t binding = 0;
    std::uint32_t type    = 0;  // which specialization constant has the operand's type
    std::uint32_t pairs   = 0;  // the value of it for which a texel has 8 bytes, and 16 otherwise; 0: always 16
};

// What twins of one shader are like.
struct TexelFamily {
    static constexpr std::uint32_t always = UINT32_MAX;

    std::uint32_t            aligned = always;  // the specialization constant that says whether rows are whole fours
    std::array<TexelSlot, 5> slots   = {};
    std::size_t              count   = 0;       // of them
    bool                     int64   = false;   // they write words of 64 bits (EIGHTS)
};

// A kernel and its twin.
struct TexelTwin {
    const Kernel* plain  = nullptr;
    const Kernel* texels = nullptr;
    TexelFamily   family;
};

// Types as specialization constants know them (storage.glsl).
inline constexpr std::uint32_t stored_f16 = 1, stored_i8 = 2;

// Of products, those whose rows eight lanes share write words of 64 bits; not into caches.
constexpr TexelFamily texel_products(bool by_eight) { return {7, {{{0, 1, stored_f16}, {1, 2, stored_i8}, {3}}}, 3, by_eight}; }
constexpr TexelFamily texel_normed_products(bool by_eight) {
    return {7, {{{0, 1, stored_f16}, {1, 2, stored_i8}, {3}, {5}, {6}}}, 5, by_eight};
}
inline constexpr TexelFamily texel_attention{6, {{{0, 2, stored_f16}, {1, 3, stored_f16}, {2, 4, stored_f16}}}, 3};
inline constexpr TexelFamily texel_scores{4, {{{0, 2, stored_f16}, {1, 3, stored_f16}}}, 2};
inline constexpr TexelFamily texel_values{4, {{{1, 2, stored_f16}}}, 1};
inline constexpr TexelFamily texel_norms{TexelFamily::always, {{{0, 2, stored_f16}, {1, 3, stored_f16}, {2}, {3}}}, 4, true};
inline constexpr TexelFamily texel_weights{TexelFamily::always, {{{0}}}, 1, true};

#define ATTUNE_TWIN(NAME, FAMILY) {&kernels::NAME, &kernels::NAME##_texels, FAMILY}
#define ATTUNE_PRODUCT_TWINS(NAME, LANES)                                                                              \
    ATTUNE_TWIN(NAME##_shared_##LANES, texel_products(LANES == 8)),                                                    \
        ATTUNE_TWIN(NAME##_shared_##LANES##_norm, texel_normed_products(LANES == 8)),                                  \
        ATTUNE_TWIN(NAME##_shared_##LANES##_append, texel_products(false))
#define ATTUNE_SIZED_TWINS(NAME, FAMILY)                                                                               \
    ATTUNE_TWIN(NAME##_32, FAMILY), ATTUNE_TWIN(NAME##_64, FAMILY), ATTUNE_TWIN(NAME##_128, FAMILY),                   \
        ATTUNE_TWIN(NAME##_256, FAMILY)

inline constexpr TexelTwin texel_twins[] = {
    ATTUNE_PRODUCT_TWINS(linear_registers_1, 4),
    ATTUNE_PRODUCT_TWINS(linear_registers_4, 4),
    ATTUNE_PRODUCT_TWINS(linear_registers_8, 4),
    ATTUNE_PRODUCT_TWINS(linear_registers_16, 4),
    ATTUNE_PRODUCT_TWINS(linear_registers_1, 8),
    ATTUNE_PRODUCT_TWINS(linear_registers_4, 8),
    ATTUNE_PRODUCT_TWINS(linear_registers_8, 8),
    ATTUNE_PRODUCT_TWINS(linear_registers_16, 8),
    ATTUNE_SIZED_TWINS(attention_decode_lanes, texel_attention),
    ATTUNE_SIZED_TWINS(attention_decode_slices, texel_attention),
    ATTUNE_TWIN(attention_prefill_shared_32_1, texel_attention),
    ATTUNE_TWIN(attention_prefill_shared_32_8, texel_attention),
    ATTUNE_TWIN(attention_prefill_shared_64_1, texel_attention),
    ATTUNE_TWIN(attention_prefill_shared_64_4, texel_attention),
    ATTUNE_TWIN(attention_prefill_shared_128_1, texel_attention),
    ATTUNE_TWIN(attention_prefill_shared_128_2, texel_attention),
    ATTUNE_TWIN(attention_prefill_shared_256_1, texel_attention),
    ATTUNE_SIZED_TWINS(attention_scores_lanes, texel_scores),
    ATTUNE_SIZED_TWINS(attention_values_lanes, texel_values),
    ATTUNE_TWIN(layer_norm_registers, texel_norms),
    ATTUNE_TWIN(softmax_registers, texel_weights),
};

#undef ATTUNE_SIZED_TWINS
#undef ATTUNE_PRODUCT_TWINS
#undef ATTUNE_TWIN

// Of a twin, the kernel whose place it takes; of all others, themselves.
const Kernel& without_texels(const Kernel& kernel);

// Whether twins are used at all.
bool wants_texels(const DeviceTraits& traits);

// Puts the twin in its kernel's place where the device wants it, and says so of the bindings. Nothing happens where the twin
// needs integers that the device lacks, a binding does not consist of whole texels or has more of them than the device sees
// at once, or rows are not whole fours.
void read_texels(Dispatch& dispatch, const DeviceTraits& traits);

}  // namespace attune
