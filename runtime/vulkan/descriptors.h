// Descriptor sets of storage buffers: all that kernels bind.
#pragma once

#include "vulkan/owned.h"

#include <span>
#include <vector>

namespace attune::vulkan {

// Sets out of one pool, which lives as long as they do. Move-only.
class DescriptorSets {
public:
    DescriptorSets() = default;  // none
    // One set of each layout, with so many buffers in all of them together. At least one layout.
    DescriptorSets(Device::Context& context, std::span<const VkDescriptorSetLayout> layouts, std::uint32_t buffers);

    // Points the bindings of a set at `buffers`, in their order. No submission that may be at work uses the set.
    void write(std::size_t set, std::span<const VkDescriptorBufferInfo> buffers) const;

    VkDescriptorSet operator[](std::size_t set) const { return sets_[set]; }
    explicit        operator bool() const noexcept { return !sets_.empty(); }

private:
    Device::Context*             context_ = nullptr;
    OwnedDescriptorPool          pool_;
    std::vector<VkDescriptorSet> sets_;
};

}  // namespace attune::vulkan
