// What a dispatch binds, for pipelines.
#pragma once

#include "ops/dispatch.h"
#include "vulkan/pipelines.h"

namespace attune {

inline vulkan::Slots slots_of(const Dispatch& dispatch) {
    vulkan::Slots slots{.count = static_cast<std::uint32_t>(dispatch.bindings.size()), .texels = 0};
    for (std::uint32_t i = 0; i < slots.count; ++i)
        if (dispatch.bindings[i].texel_bytes) slots.texels |= 1u << i;
    return slots;
}

}  // namespace attune
