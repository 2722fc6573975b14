#include "painter.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace host {
namespace {

constexpr std::uint32_t vertex_code[] = {
#include "quad.vert.inc"
};
constexpr std::uint32_t fragment_code[] = {
#include "quad.frag.inc"
};

VkShaderModule make_module(VkDevice device, const std::uint32_t* code, std::size_t bytes) {
    VkShaderModuleCreateInfo create{};
    create.sType          = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
    create.codeSize       = bytes;
    create.pCode          = code;
    VkShaderModule module = VK_NULL_HANDLE;
    check(vkCreateShaderModule(device, &create, nullptr, &module), "vkCreateShaderModule");
    return module;
}

// Records commands, submits them and waits.
template <class Record> void at_once(Engine& engine, const Record& record) {
    VkCommandPoolCreateInfo create{};
    create.sType            = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    create.queueFamilyIndex = engine.family();
    VkCommandPool pool      = VK_NULL_HANDLE;
    check(vkCreateCommandPool(engine.device(), &create, nullptr, &pool), "vkCreateCommandPool");
    VkCommandBufferAllocateInfo allocate{};
    allocate.sType              = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    allocate.commandPool        = pool;
    allocate.commandBufferCount = 1;
    VkCommandBuffer commands    = VK_NULL_HANDLE;
    check(vkAllocateCommandBuffers(engine.device(), &allocate, &commands), "vkAllocateCommandBuffers");
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    check(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
    record(commands);
    check(vkEndCommandBuffer(commands), "vkEndCommandBuffer");
    VkFenceCreateInfo fence_create{};
    fence_create.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    VkFence fence      = VK_NULL_HANDLE;
    check(vkCreateFence(engine.device(), &fence_create, nullptr, &fence), "vkCreateFence");
    VkSubmitInfo submit{};
    submit.sType              = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    submit.commandBufferCount = 1;
    submit.pCommandBuffers    = &commands;
    check(engine.submit(submit, fence), "vkQueueSubmit");
    check(vkWaitForFences(engine.device(), 1, &fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
    vkDestroyFence(engine.device(), fence, nullptr);
    vkDestroyCommandPool(engine.device(), pool, nullptr);
}

}  // namespace

Painter::Painter(Engine& engine, VkExtent2D size, std::uint32_t slots, const Fonts& fonts)
    : engine_(engine), size_(size), atlas_(engine, {Fonts::atlas_size, Fonts::atlas_size}, VK_FORMAT_R8_UNORM,
                                           VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_SAMPLED_BIT) {
    make_pass();
    make_layouts();
    shapes_  = make_pipeline(false);
    letters_ = make_pipeline(true);
    make_slots(slots);
    upload(fonts.atlas());
    make_set();
}

Painter::~Painter() {
    const VkDevice device = engine_.device();
    for (const Slot& slot : slots_) vkDestroyFramebuffer(device, slot.framebuffer, nullptr);
    vkDestroyDescriptorPool(device, pool_, nullptr);
    vkDestroySampler(device, sampler_, nullptr);
    vkDestroyPipeline(device, shapes_, nullptr);
    vkDestroyPipeline(device, letters_, nullptr);
    vkDestroyPipelineLayout(device, layout_, nullptr);
    vkDestroyDescriptorSetLayout(device, set_layout_, nullptr);
    vkDestroyRenderPass(device, pass_, nullptr);
}

void Painter::make_pass() {
    VkAttachmentDescription attachment{};
    attachment.format         = format;
    attachment.samples        = VK_SAMPLE_COUNT_1_BIT;
    attachment.loadOp         = VK_ATTACHMENT_LOAD_OP_CLEAR;
    attachment.storeOp        = VK_ATTACHMENT_STORE_OP_STORE;
    attachment.stencilLoadOp  = VK_ATTACHMENT_LOAD_OP_DONT_CARE;
    attachment.stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE;
    attachment.initialLayout  = VK_IMAGE_LAYOUT_UNDEFINED;
    attachment.finalLayout    = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
    const VkAttachmentReference reference{0, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
    VkSubpassDescription        subpass{};
    subpass.pipelineBindPoint    = VK_PIPELINE_BIND_POINT_GRAPHICS;
    subpass.colorAttachmentCount = 1;
    subpass.pColorAttachments    = &reference;
    // The slot's last copy is over before it is drawn on (its fence); what comes after copies from it.
    VkSubpassDependency after{};
    after.srcSubpass    = 0;
    after.dstSubpass    = VK_SUBPASS_EXTERNAL;
    after.srcStageMask  = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
    after.dstStageMask  = VK_PIPELINE_STAGE_TRANSFER_BIT;
    after.srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
    after.dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT;
    VkRenderPassCreateInfo create{};
    create.sType           = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO;
    create.attachmentCount = 1;
    create.pAttachments    = &attachment;
    create.subpassCount    = 1;
    create.pSubpasses      = &subpass;
    create.dependencyCount = 1;
    create.pDependencies   = &after;
    check(vkCreateRenderPass(engine_.device(), &create, nullptr, &pass_), "vkCreateRenderPass");
}

void Painter::make_layouts() {
    const VkDescriptorSetLayoutBinding letters{0, VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1,
                                               VK_SHADER_STAGE_FRAGMENT_BIT, nullptr};
    VkDescriptorSetLayoutCreateInfo    set{};
    set.sType        = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
    set.bindingCount = 1;
    set.pBindings    = &letters;
    check(vkCreateDescriptorSetLayout(engine_.device(), &set, nullptr, &set_layout_), "vkCreateDescriptorSetLayout");
    const VkPushConstantRange  push{VK_SHADER_STAGE_VERTEX_BIT, 0, 2 * sizeof(float)};
    VkPipelineLayoutCreateInfo layout{};
    layout.sType                  = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    layout.setLayoutCount         = 1;
    layout.pSetLayouts            = &set_layout_;
    layout.pushConstantRangeCount = 1;
    layout.pPushConstantRanges    = &push;
    check(vkCreatePipelineLayout(engine_.device(), &layout, nullptr, &layout_), "vkCreatePipelineLayout");
}

namespace {

// What does not depend on the shaders: quads as instances, drawn over what is there.
struct FixedStages {
    explicit FixedStages(VkExtent2D size)
        : port{0, 0, static_cast<float>(size.width), static_cast<float>(size.height), 0, 1}, whole{{0, 0}, size} {
        for (std::uint32_t i = 0; i < attributes.size(); ++i)
            attributes[i] = {i, 0, VK_FORMAT_R32G32B32A32_SFLOAT, i * 16};
        input.sType                           = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO;
        input.vertexBindingDescriptionCount   = 1;
        input.pVertexBindingDescriptions      = &instance;
        input.vertexAttributeDescriptionCount = static_cast<std::uint32_t>(attributes.size());
        input.pVertexAttributeDescriptions    = attributes.data();
        assembly.sType                        = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO;
        assembly.topology                     = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
        viewport.sType                        = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO;
        viewport.viewportCount                = 1;
        viewport.pViewports                   = &port;
        viewport.scissorCount                 = 1;
        viewport.pScissors                    = &whole;
        raster.sType                          = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO;
        raster.lineWidth                      = 1;
        samples.sType                         = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO;
        samples.rasterizationSamples          = VK_SAMPLE_COUNT_1_BIT;
        blend.sType                           = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO;
        blend.attachmentCount                 = 1;
        blend.pAttachments                    = &over;
    }
    FixedStages(const FixedStages&)            = delete;  // its members point at each other
    FixedStages& operator=(const FixedStages&) = delete;

    VkViewport                                       port;
    VkRect2D                                         whole;
    VkVertexInputBindingDescription                  instance{0, sizeof(Quad), VK_VERTEX_INPUT_RATE_INSTANCE};
    std::array<VkVertexInputAttributeDescription, 5> attributes{};
    VkPipelineColorBlendAttachmentState              over{VK_TRUE,
                                             VK_BLEND_FACTOR_ONE,
                                             VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
                                             VK_BLEND_OP_ADD,
                                             VK_BLEND_FACTOR_ONE,
                                             VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
                                             VK_BLEND_OP_ADD,
                                             0xf};
    VkPipelineVertexInputStateCreateInfo             input{};
    VkPipelineInputAssemblyStateCreateInfo           assembly{};
    VkPipelineViewportStateCreateInfo                viewport{};
    VkPipelineRasterizationStateCreateInfo           raster{};
    VkPipelineMultisampleStateCreateInfo             samples{};
    VkPipelineColorBlendStateCreateInfo              blend{};
};

}  // namespace

VkPipeline Painter::make_pipeline(bool letters) const {
    const VkShaderModule            vertex   = make_module(engine_.device(), vertex_code, sizeof vertex_code);
    const VkShaderModule            fragment = make_module(engine_.device(), fragment_code, sizeof fragment_code);
    VkPipelineShaderStageCreateInfo stages[2]{};
    for (VkPipelineShaderStageCreateInfo& stage : stages)
        stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO, stage.pName = "main";
    stages[0].stage = VK_SHADER_STAGE_VERTEX_BIT, stages[0].module = vertex;
    stages[1].stage = VK_SHADER_STAGE_FRAGMENT_BIT, stages[1].module = fragment;
    const VkBool32                 value = letters ? VK_TRUE : VK_FALSE;
    const VkSpecializationMapEntry entry{0, 0, sizeof value};
    const VkSpecializationInfo     constant{1, &entry, sizeof value, &value};
    stages[1].pSpecializationInfo = &constant;

    const FixedStages            fixed(size_);
    VkGraphicsPipelineCreateInfo create{};
    create.sType               = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO;
    create.stageCount          = 2;
    create.pStages             = stages;
    create.pVertexInputState   = &fixed.input;
    create.pInputAssemblyState = &fixed.assembly;
    create.pViewportState      = &fixed.viewport;
    create.pRasterizationState = &fixed.raster;
    create.pMultisampleState   = &fixed.samples;
    create.pColorBlendState    = &fixed.blend;
    create.layout              = layout_;
    create.renderPass          = pass_;
    VkPipeline     pipeline    = VK_NULL_HANDLE;
    const VkResult result = vkCreateGraphicsPipelines(engine_.device(), VK_NULL_HANDLE, 1, &create, nullptr, &pipeline);
    vkDestroyShaderModule(engine_.device(), vertex, nullptr);
    vkDestroyShaderModule(engine_.device(), fragment, nullptr);
    check(result, "vkCreateGraphicsPipelines");
    return pipeline;
}

void Painter::make_slots(std::uint32_t count) {
    slots_.resize(count);
    for (Slot& slot : slots_) {
        slot.picture                 = std::make_unique<Image>(engine_, size_, format,
                                               VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT);
        const VkImageView       view = slot.picture->view();
        VkFramebufferCreateInfo create{};
        create.sType           = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO;
        create.renderPass      = pass_;
        create.attachmentCount = 1;
        create.pAttachments    = &view;
        create.width           = size_.width;
        create.height          = size_.height;
        create.layers          = 1;
        check(vkCreateFramebuffer(engine_.device(), &create, nullptr, &slot.framebuffer), "vkCreateFramebuffer");
    }
}

void Painter::upload(const std::vector<std::uint8_t>& atlas) {
    const Buffer staging(engine_, atlas.size(), VK_BUFFER_USAGE_TRANSFER_SRC_BIT, Memory::upload);
    std::memcpy(staging.mapped(), atlas.data(), atlas.size());
    at_once(engine_, [&](VkCommandBuffer commands) {
        const VkImageMemoryBarrier before =
            transition(atlas_.handle(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 0,
                       VK_ACCESS_TRANSFER_WRITE_BIT);
        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, nullptr,
                             0, nullptr, 1, &before);
        VkBufferImageCopy copy{};
        copy.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
        copy.imageExtent      = {Fonts::atlas_size, Fonts::atlas_size, 1};
        vkCmdCopyBufferToImage(commands, staging.handle(), atlas_.handle(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1,
                               &copy);
        const VkImageMemoryBarrier after =
            transition(atlas_.handle(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
                       VK_ACCESS_TRANSFER_WRITE_BIT, VK_ACCESS_SHADER_READ_BIT);
        vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, 0, 0,
                             nullptr, 0, nullptr, 1, &after);
    });
}

void Painter::make_set() {
    VkSamplerCreateInfo sampler{};
    sampler.sType        = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO;
    sampler.magFilter    = VK_FILTER_LINEAR;
    sampler.minFilter    = VK_FILTER_LINEAR;
    sampler.addressModeU = sampler.addressModeV = sampler.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
    check(vkCreateSampler(engine_.device(), &sampler, nullptr, &sampler_), "vkCreateSampler");
    const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1};
    VkDescriptorPoolCreateInfo pool{};
    pool.sType         = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    pool.maxSets       = 1;
    pool.poolSizeCount = 1;
    pool.pPoolSizes    = &size;
    check(vkCreateDescriptorPool(engine_.device(), &pool, nullptr, &pool_), "vkCreateDescriptorPool");
    VkDescriptorSetAllocateInfo allocate{};
    allocate.sType              = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
    allocate.descriptorPool     = pool_;
    allocate.descriptorSetCount = 1;
    allocate.pSetLayouts        = &set_layout_;
    check(vkAllocateDescriptorSets(engine_.device(), &allocate, &set_), "vkAllocateDescriptorSets");
    const VkDescriptorImageInfo image{sampler_, atlas_.view(), VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};
    VkWriteDescriptorSet        write{};
    write.sType           = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet          = set_;
    write.descriptorCount = 1;
    write.descriptorType  = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
    write.pImageInfo      = &image;
    vkUpdateDescriptorSets(engine_.device(), 1, &write, 0, nullptr);
}

void Painter::record(VkCommandBuffer commands, std::uint32_t index, const Canvas& canvas) {
    Slot&                    slot  = slots_[index];
    const std::vector<Quad>& quads = canvas.quads();
    if (quads.size() > slot.room) {
        slot.room  = quads.size() * 2;
        slot.quads = std::make_unique<Buffer>(engine_, slot.room * sizeof(Quad), VK_BUFFER_USAGE_VERTEX_BUFFER_BIT,
                                              Memory::upload);
    }
    if (!quads.empty()) std::memcpy(slot.quads->mapped(), quads.data(), quads.size() * sizeof(Quad));

    const VkClearValue    black{};
    VkRenderPassBeginInfo begin{};
    begin.sType           = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO;
    begin.renderPass      = pass_;
    begin.framebuffer     = slot.framebuffer;
    begin.renderArea      = {{0, 0}, size_};
    begin.clearValueCount = 1;
    begin.pClearValues    = &black;
    vkCmdBeginRenderPass(commands, &begin, VK_SUBPASS_CONTENTS_INLINE);
    if (!quads.empty()) {
        const float        size[2] = {static_cast<float>(size_.width), static_cast<float>(size_.height)};
        const VkBuffer     buffer  = slot.quads->handle();
        const VkDeviceSize start   = 0;
        vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, layout_, 0, 1, &set_, 0, nullptr);
        vkCmdPushConstants(commands, layout_, VK_SHADER_STAGE_VERTEX_BIT, 0, sizeof size, size);
        vkCmdBindVertexBuffers(commands, 0, 1, &buffer, &start);
        draw(commands, quads);
    }
    vkCmdEndRenderPass(commands);
}

// One draw for each stretch of shapes or letters: what comes later lies on top.
void Painter::draw(VkCommandBuffer commands, const std::vector<Quad>& quads) const {
    const auto is_letter = [&](std::size_t i) { return quads[i].shape[0] == static_cast<float>(Quad::glyph); };
    for (std::size_t first = 0, end = 0; first < quads.size(); first = end) {
        while (end < quads.size() && is_letter(end) == is_letter(first)) ++end;
        vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, is_letter(first) ? letters_ : shapes_);
        vkCmdDraw(commands, 4, static_cast<std::uint32_t>(end - first), 0, static_cast<std::uint32_t>(first));
    }
}

}  // namespace host
