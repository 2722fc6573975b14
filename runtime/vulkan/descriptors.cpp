#include "vulkan/descriptors.h"

#include "vulkan/context.h"
#include "vulkan/memory_blocks.h"

namespace attune::vulkan {
namespace {

// llvmpipe (Mesa 22.3) compiles a kernel once for views of one level and once for others, and takes the last level of a
// buffer's view out of bits 8 to 15 of its size, which share a union with it (lp_sampler_static_texture_state). So that
// all views are alike there, none has only zeros in these.
VkDeviceSize view_bytes(const DeviceTraits& traits, VkDeviceSize bytes) {
    return bytes >> 8 & 255 ? bytes : bytes + beyond_texels(traits);
}

OwnedBufferView new_view(Device::Context& context, const BoundBuffer& bound) {
    const VkBufferViewCreateInfo create{.sType  = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
                                        .pNext  = nullptr,
                                        .flags  = 0,
                                        .buffer = bound.buffer,
                                        .format = bound.texel_bytes == 8 ? VK_FORMAT_R32G32_UINT
                                                                         : VK_FORMAT_R32G32B32A32_UINT,
                                        .offset = bound.offset,
                                        .range  = view_bytes(context.traits(), bound.bytes)};
    return OwnedBufferView(context, create, "vkCreateBufferView");
}

}  // namespace

DescriptorSets::DescriptorSets(Device::Context& context, std::span<const VkDescriptorSetLayout> layouts,
                               std::uint32_t bindings)
    : context_(&context), views_(layouts.size()), sets_(layouts.size()) {
    // Any of them may be of either kind; a descriptor is some bytes of the host.
    const VkDescriptorPoolSize       sizes[]{{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, bindings},
                                             {VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, bindings}};
    const auto                       count = static_cast<std::uint32_t>(layouts.size());
    const VkDescriptorPoolCreateInfo create{.sType         = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                            .pNext         = nullptr,
                                            .flags         = 0,
                                            .maxSets       = count,
                                            .poolSizeCount = context.traits().max_texels ? 2u : 1u,
                                            .pPoolSizes    = sizes};
    pool_ = OwnedDescriptorPool(context, create, "vkCreateDescriptorPool");
    const VkDescriptorSetAllocateInfo allocate{.sType              = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                               .pNext              = nullptr,
                                               .descriptorPool     = pool_.get(),
                                               .descriptorSetCount = count,
                                               .pSetLayouts        = layouts.data()};
    context.check(context.vk().AllocateDescriptorSets(context.handle(), &allocate, sets_.data()),
                  "vkAllocateDescriptorSets");
}

// The one that the set names already, if no other binding has taken it, or a new one.
DescriptorSets::View DescriptorSets::view_of(std::size_t set, const BoundBuffer& bound) {
    for (View& old : views_[set])
        if (bound.block && old.of == bound && old.view.get()) return {bound, std::move(old.view)};
    return {bound, new_view(*context_, bound)};
}

void DescriptorSets::write(std::size_t set, std::span<const BoundBuffer> buffers) {
    std::vector<View>                   views;
    std::vector<VkBufferView>           texels(buffers.size());
    std::vector<VkDescriptorBufferInfo> whole;
    std::vector<VkWriteDescriptorSet>   writes;
    for (std::size_t i = 0; i < buffers.size(); ++i) {
        const BoundBuffer& bound = buffers[i];
        whole.push_back({bound.buffer, bound.offset, bound.bytes});
        if (bound.texel_bytes) texels[i] = views.emplace_back(view_of(set, bound)).view.get();
    }
    for (std::size_t i = 0; i < buffers.size(); ++i)
        writes.push_back({.sType            = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                          .pNext            = nullptr,
                          .dstSet           = sets_[set],
                          .dstBinding       = static_cast<std::uint32_t>(i),
                          .dstArrayElement  = 0,
                          .descriptorCount  = 1,
                          .descriptorType   = buffers[i].texel_bytes ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER
                                                                     : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                          .pImageInfo       = nullptr,
                          .pBufferInfo      = &whole[i],
                          .pTexelBufferView = &texels[i]});
    context_->vk().UpdateDescriptorSets(context_->handle(), static_cast<std::uint32_t>(writes.size()), writes.data(), 0,
                                        nullptr);
    views_[set] = std::move(views);
}

}  // namespace attune::vulkan
