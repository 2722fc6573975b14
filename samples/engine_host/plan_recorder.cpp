#include "plan_recorder.h"

#include <functional>
#include <string_view>

namespace host {
namespace {

constexpr std::uint32_t sets_per_pool = 128, buffers_per_set = 16;

VkDescriptorPool make_pool(VkDevice device) {
    const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, sets_per_pool * buffers_per_set};
    VkDescriptorPoolCreateInfo create{};
    create.sType          = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    create.maxSets        = sets_per_pool;
    create.poolSizeCount  = 1;
    create.pPoolSizes     = &size;
    VkDescriptorPool pool = VK_NULL_HANDLE;
    check(vkCreateDescriptorPool(device, &create, nullptr, &pool), "vkCreateDescriptorPool");
    return pool;
}

VkDescriptorSetLayout make_set_layout(VkDevice device, std::size_t buffers) {
    std::vector<VkDescriptorSetLayoutBinding> bindings;
    for (std::uint32_t i = 0; i < buffers; ++i)
        bindings.push_back({i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
    VkDescriptorSetLayoutCreateInfo create{};
    create.sType                 = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
    create.bindingCount          = static_cast<std::uint32_t>(bindings.size());
    create.pBindings             = bindings.data();
    VkDescriptorSetLayout layout = VK_NULL_HANDLE;
    check(vkCreateDescriptorSetLayout(device, &create, nullptr, &layout), "vkCreateDescriptorSetLayout");
    return layout;
}

// All guests may push 128 bytes, as much as every device has: one layout serves whatever a command brings.
VkPipelineLayout make_layout(VkDevice device, VkDescriptorSetLayout sets) {
    const VkPushConstantRange  push{VK_SHADER_STAGE_COMPUTE_BIT, 0, 128};
    VkPipelineLayoutCreateInfo create{};
    create.sType                  = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    create.setLayoutCount         = 1;
    create.pSetLayouts            = &sets;
    create.pushConstantRangeCount = 1;
    create.pPushConstantRanges    = &push;
    VkPipelineLayout layout       = VK_NULL_HANDLE;
    check(vkCreatePipelineLayout(device, &create, nullptr, &layout), "vkCreatePipelineLayout");
    return layout;
}

void barrier(VkCommandBuffer commands) {
    VkMemoryBarrier all{};
    all.sType         = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    all.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
    all.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                        VK_ACCESS_TRANSFER_WRITE_BIT;
    constexpr VkPipelineStageFlags stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    vkCmdPipelineBarrier(commands, stages, stages, 0, 1, &all, 0, nullptr, 0, nullptr);
}

// What a guest leaves for the host to read, its own business, becomes visible with the frame's fence.
void barrier_to_host(VkCommandBuffer commands) {
    VkMemoryBarrier all{};
    all.sType         = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    all.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
    all.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &all, 0, nullptr, 0, nullptr);
}

}  // namespace

PlanRecorder::PlanRecorder(const Engine& engine, std::uint32_t frames_in_flight)
    : engine_(engine), slots_(frames_in_flight) {}

PlanRecorder::~PlanRecorder() {
    for (const Slot& slot : slots_)
        for (VkDescriptorPool pool : slot.pools) vkDestroyDescriptorPool(engine_.device(), pool, nullptr);
    for (const auto& [key, made] : pipelines_) {
        vkDestroyPipeline(engine_.device(), made.pipeline, nullptr);
        vkDestroyPipelineLayout(engine_.device(), made.layout, nullptr);
        vkDestroyDescriptorSetLayout(engine_.device(), made.set_layout, nullptr);
    }
}

void PlanRecorder::begin(std::uint32_t slot) {
    for (VkDescriptorPool pool : slots_[slot].pools)
        check(vkResetDescriptorPool(engine_.device(), pool, 0), "vkResetDescriptorPool");
    slots_[slot].used = 0;
}

void PlanRecorder::record(VkCommandBuffer commands, std::uint32_t slot, std::span<const PlanCommand> plan) {
    if (plan.empty()) return;
    for (const PlanCommand& command : plan) {
        // The first waits for what earlier frames wrote.
        if (command.barrier || &command == &plan.front()) barrier(commands);
        const PlanBinding* at = command.bindings.data();
        switch (command.kind) {
        case PlanCommand::Kind::dispatch: dispatch(commands, slots_[slot], command); break;
        case PlanCommand::Kind::update:
            vkCmdUpdateBuffer(commands, at->buffer, at->offset, command.data.size(), command.data.data());
            break;
        case PlanCommand::Kind::fill:
            vkCmdFillBuffer(commands, at->buffer, at->offset, at->bytes, command.value);
            break;
        case PlanCommand::Kind::copy: {
            const VkBufferCopy region{at[0].offset, at[1].offset, at[0].bytes};
            vkCmdCopyBuffer(commands, at[0].buffer, at[1].buffer, 1, &region);
        }
        }
    }
    barrier_to_host(commands);
}

void PlanRecorder::dispatch(VkCommandBuffer commands, Slot& slot, const PlanCommand& command) {
    const Pipeline&       made = pipeline(command);
    const VkDescriptorSet set  = make_set(slot, made.set_layout, command.bindings);
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, made.pipeline);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, made.layout, 0, 1, &set, 0, nullptr);
    if (!command.data.empty())
        vkCmdPushConstants(commands, made.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                           static_cast<std::uint32_t>(command.data.size()), command.data.data());
    vkCmdDispatch(commands, command.groups[0], command.groups[1], command.groups[2]);
}

const PlanRecorder::Pipeline& PlanRecorder::pipeline(const PlanCommand& command) {
    const std::string_view words(reinterpret_cast<const char*>(command.spirv.data()), command.spirv.size_bytes());
    Pipeline&              made =
        pipelines_[{std::hash<std::string_view>{}(words), {command.constants.begin(), command.constants.end()}}];
    if (!made.set_layout) made.set_layout = make_set_layout(engine_.device(), command.bindings.size());
    if (!made.layout) made.layout = make_layout(engine_.device(), made.set_layout);
    if (!made.pipeline) made.pipeline = make_pipeline(command, made.layout);
    return made;
}

VkPipeline PlanRecorder::make_pipeline(const PlanCommand& command, VkPipelineLayout layout) const {
    VkShaderModuleCreateInfo module{};
    module.sType          = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
    module.codeSize       = command.spirv.size_bytes();
    module.pCode          = command.spirv.data();
    VkShaderModule shader = VK_NULL_HANDLE;
    check(vkCreateShaderModule(engine_.device(), &module, nullptr, &shader), "vkCreateShaderModule");

    std::vector<VkSpecializationMapEntry> entries;
    for (std::uint32_t i = 0; i < command.constants.size(); ++i) entries.push_back({i, i * 4, 4});
    const VkSpecializationInfo  constants{static_cast<std::uint32_t>(entries.size()), entries.data(),
                                         command.constants.size_bytes(), command.constants.data()};
    VkComputePipelineCreateInfo create{};
    create.sType                     = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
    create.stage.sType               = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    create.stage.stage               = VK_SHADER_STAGE_COMPUTE_BIT;
    create.stage.module              = shader;
    create.stage.pName               = "main";
    create.stage.pSpecializationInfo = &constants;
    create.layout                    = layout;
    VkPipeline     pipeline          = VK_NULL_HANDLE;
    const VkResult result = vkCreateComputePipelines(engine_.device(), VK_NULL_HANDLE, 1, &create, nullptr, &pipeline);
    vkDestroyShaderModule(engine_.device(), shader, nullptr);
    check(result, "vkCreateComputePipelines");
    return pipeline;
}

VkDescriptorSet PlanRecorder::make_set(Slot& slot, VkDescriptorSetLayout layout,
                                       std::span<const PlanBinding> bindings) {
    const std::size_t pool = slot.used++ / sets_per_pool;
    if (pool == slot.pools.size()) slot.pools.push_back(make_pool(engine_.device()));
    VkDescriptorSetAllocateInfo allocate{};
    allocate.sType              = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
    allocate.descriptorPool     = slot.pools[pool];
    allocate.descriptorSetCount = 1;
    allocate.pSetLayouts        = &layout;
    VkDescriptorSet set         = VK_NULL_HANDLE;
    check(vkAllocateDescriptorSets(engine_.device(), &allocate, &set), "vkAllocateDescriptorSets");

    std::vector<VkDescriptorBufferInfo> buffers;
    for (const PlanBinding& binding : bindings) buffers.push_back({binding.buffer, binding.offset, binding.bytes});
    VkWriteDescriptorSet write{};
    write.sType           = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet          = set;
    write.descriptorCount = static_cast<std::uint32_t>(buffers.size());
    write.descriptorType  = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    write.pBufferInfo     = buffers.data();
    vkUpdateDescriptorSets(engine_.device(), 1, &write, 0, nullptr);
    return set;
}

}  // namespace host
