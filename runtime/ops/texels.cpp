#include "ops/texels.h"

#include <algorithm>
#include <span>

namespace attune {
namespace {

// Where bindings begin at multiples of it, they begin with a texel.
constexpr std::uint32_t largest_texel = 16;

std::uint32_t texel_bytes(const Dispatch& dispatch, const TexelSlot& slot) {
    return slot.pairs != 0 && dispatch.constants[slot.type] == slot.pairs ? 8 : 16;
}

bool has_whole_texels(const Binding& binding, std::uint32_t bytes, const DeviceTraits& traits) {
    return binding.bytes % bytes == 0 && binding.bytes / bytes <= traits.max_texels;
}

}  // namespace

bool wants_texels(const DeviceTraits& traits) {
    return traits.tuning.texel_loads && traits.subgroup_shuffle && traits.allows(Variant::texel_loads) &&
           traits.offset_alignment % largest_texel == 0;
}

const Kernel& without_texels(const Kernel& kernel) {
    const auto* const twin = std::ranges::find(texel_twins, &kernel, &TexelTwin::texels);
    return twin == std::end(texel_twins) ? kernel : *twin->plain;
}

void read_texels(Dispatch& dispatch, const DeviceTraits& traits) {
    if (!wants_texels(traits)) return;
    const auto* const twin = std::ranges::find(texel_twins, dispatch.kernel, &TexelTwin::plain);
    if (twin == std::end(texel_twins)) return;
    const TexelFamily& family = twin->family;
    if (family.int64 && !traits.int64) return;
    if (family.aligned != TexelFamily::always && !dispatch.constants[family.aligned]) return;
    const std::span slots(family.slots.data(), family.count);
    if (!std::ranges::all_of(slots, [&](const TexelSlot& slot) {
            return has_whole_texels(dispatch.bindings[slot.binding], texel_bytes(dispatch, slot), traits);
        }))
        return;
    dispatch.kernel = twin->texels;
    for (const TexelSlot& slot : slots) dispatch.bindings[slot.binding].texel_bytes = texel_bytes(dispatch, slot);
}

}  // namespace attune
