// Draws a canvas: one pipeline for shapes, one for letters, the letters' atlas as its only texture.
#pragma once

#include "canvas.h"
#include "engine.h"

#include <memory>
#include <vector>

namespace host {

class Painter {
public:
    static constexpr VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;

    Painter(Engine& engine, VkExtent2D size, std::uint32_t slots, const Fonts& fonts);
    ~Painter();
    Painter(const Painter&)            = delete;
    Painter& operator=(const Painter&) = delete;

    // Records the render pass onto the slot's picture, which it leaves ready to be copied from. The GPU has to be done
    // with the slot's last frame.
    void record(VkCommandBuffer commands, std::uint32_t slot, const Canvas& canvas);

    VkImage picture(std::uint32_t slot) const { return slots_[slot].picture->handle(); }

private:
    struct Slot {
        std::unique_ptr<Image>  picture;
        std::unique_ptr<Buffer> quads;
        std::size_t             room        = 0;
        VkFramebuffer           framebuffer = VK_NULL_HANDLE;
    };

    void       make_pass();
    void       make_layouts();
    VkPipeline make_pipeline(bool letters) const;
    void       make_slots(std::uint32_t count);
    void       make_set();
    void       draw(VkCommandBuffer commands, const std::vector<Quad>& quads) const;
    void       upload(const std::vector<std::uint8_t>& atlas);

    Engine&               engine_;
    VkExtent2D            size_;
    VkRenderPass          pass_       = VK_NULL_HANDLE;
    VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
    VkPipelineLayout      layout_     = VK_NULL_HANDLE;
    VkPipeline            shapes_     = VK_NULL_HANDLE;
    VkPipeline            letters_    = VK_NULL_HANDLE;
    VkDescriptorPool      pool_       = VK_NULL_HANDLE;
    VkDescriptorSet       set_        = VK_NULL_HANDLE;
    VkSampler             sampler_    = VK_NULL_HANDLE;
    Image                 atlas_;
    std::vector<Slot>     slots_;
};

}  // namespace host
