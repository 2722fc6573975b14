// The optional kernels as data: which of them make up a variant, and what takes its place where it is refused.
#pragma once

#include "kernels/kernel.h"
#include "tuning/variants.h"

#include <array>
#include <span>
#include <string_view>

namespace attune {

struct VariantFacts {
    Variant                        variant;
    const char*                    name;
    std::span<const Kernel* const> kernels;
    const char*                    instead;
};

// In the order of the enum. Kernels that none of them names are plain: they are used without being asked.
const std::array<VariantFacts, variant_count>& variants();
inline const VariantFacts& facts_of(Variant variant) { return variants()[static_cast<std::size_t>(variant)]; }

// Null for a plain kernel.
const VariantFacts* variant_of(const Kernel& kernel);

}  // namespace attune
