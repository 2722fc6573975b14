// What kernels bind: storage buffers, and buffers that are read as texels.
#pragma once

#include "vulkan/owned.h"

#include <span>
#include <vector>

namespace attune::vulkan {

// A binding's memory.
struct BoundBuffer {
    VkBuffer      buffer      = VK_NULL_HANDLE;
    VkDeviceSize  offset      = 0;
    VkDeviceSize  bytes       = 0;
    std::uint32_t texel_bytes = 0;  // 8 or 16: read as texels of so many; 0: a storage buffer
    std::uint64_t block       = 0;  // Span::block(): a handle may be another buffer by now

    friend bool operator==(const BoundBuffer&, const BoundBuffer&) = default;
};

// Sets out of one pool, which lives as long as they do. Move-only.
class DescriptorSets {
public:
    DescriptorSets() = default;  // none
    // One set of each layout, with so many bindings in all of them together. At least one layout.
    DescriptorSets(Device::Context& context, std::span<const VkDescriptorSetLayout> layouts, std::uint32_t bindings);

    // Points the bindings of a set at `buffers`, in their order. No submission that may be at work uses the set. Makes an object
    // for each that is read as texels, unless the set names it already.
    void write(std::size_t set, std::span<const BoundBuffer> buffers);

    VkDescriptorSet operator[](std::size_t set) const { return sets_[set]; }
    explicit        operator bool() const noexcept { return !sets_.empty(); }

private:
    struct View {
        BoundBuffer     of;
        OwnedBufferView view;
    };
    View view_of(std::size_t set, const BoundBuffer& bound);

    Device::Context*               context_ = nullptr;
    std::vector<std::vector<View>> views_;  // that each set names; they outlive the pool
    OwnedDescriptorPool            pool_;
    std::vector<VkDescriptorSet>   sets_;
};

}  // namespace attune::vulkan
