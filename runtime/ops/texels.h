// Kernels with a twin that reads some of its bindings as texels: the same numbers and the same sums, and so the same bits,
// sooner where a driver loads texels faster than words of a storage buffer.
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

struct TexelTwin {
    const Kernel*            plain  = nullptr;
    const Kernel*            texels = nullptr;
    std::array<TexelSlot, 2> slots  = {};
    std::size_t              count  = 0;  // of them
};

constexpr TexelTwin texel_twin(const Kernel& plain, const Kernel& texels, TexelSlot one) {
    return {.plain = &plain, .texels = &texels, .slots = {one}, .count = 1};
}
constexpr TexelTwin texel_twin(const Kernel& plain, const Kernel& texels, TexelSlot one, TexelSlot other) {
    return {.plain = &plain, .texels = &texels, .slots = {one, other}, .count = 2};
}

// Types as specialization constants know them (storage.glsl).
inline constexpr std::uint32_t stored_f16 = 1, stored_i8 = 2;
inline constexpr TexelSlot     product_x{.binding = 0, .type = 1, .pairs = stored_f16},
    product_weight{.binding = 1, .type = 2, .pairs = stored_i8};

#define ATTUNE_TWIN(NAME, ...) texel_twin(kernels::NAME, kernels::NAME##_texels, __VA_ARGS__)
#define ATTUNE_PRODUCT_TWINS(NAME)                                                                                     \
    ATTUNE_TWIN(NAME, product_x, product_weight), ATTUNE_TWIN(NAME##_norm, product_x, product_weight),                 \
        ATTUNE_TWIN(NAME##_append, product_x, product_weight)

inline constexpr TexelTwin texel_twins[] = {
    ATTUNE_PRODUCT_TWINS(linear_registers_1_shared_4),
    ATTUNE_PRODUCT_TWINS(linear_registers_4_shared_4),
    ATTUNE_PRODUCT_TWINS(linear_registers_8_shared_4),
    ATTUNE_PRODUCT_TWINS(linear_registers_16_shared_4),
    ATTUNE_PRODUCT_TWINS(linear_registers_1_shared_8),
    ATTUNE_PRODUCT_TWINS(linear_registers_4_shared_8),
    ATTUNE_PRODUCT_TWINS(linear_registers_8_shared_8),
    ATTUNE_PRODUCT_TWINS(linear_registers_16_shared_8),
    ATTUNE_TWIN(layer_norm_registers, TexelSlot{.binding = 0, .type = 2, .pairs = stored_f16},
                TexelSlot{.binding = 1, .type = 3, .pairs = stored_f16}),
    ATTUNE_TWIN(softmax_registers, TexelSlot{.binding = 0}),
};

#undef ATTUNE_PRODUCT_TWINS
#undef ATTUNE_TWIN

// Of a twin, the kernel whose place it takes; of all others, themselves.
const Kernel& without_texels(const Kernel& kernel);

// Puts the twin in its kernel's place where the device wants it, and says so of the bindings. Nothing happens where a binding
// does not consist of whole texels, or has more of them than the device sees at once.
void read_texels(Dispatch& dispatch, const DeviceTraits& traits);

}  // namespace attune
