#include "support/host_plan.h"

namespace attune::test {

HostPlan::HostPlan(const OwnDevice& own, const std::vector<CommandData>& list) : own_(own), list_(list) {
    for (const CommandData& data : list) made_.push_back(data.kind == CommandData::Kind::dispatch ? make(data) : Made{});
}

HostPlan::~HostPlan() {
    const VkDevice device = own_.device();
    for (const Made& made : made_) {
        if (!made.pipeline) continue;
        own_.get<PFN_vkDestroyDescriptorPool>("vkDestroyDescriptorPool")(device, made.pool, nullptr);
        own_.get<PFN_vkDestroyPipeline>("vkDestroyPipeline")(device, made.pipeline, nullptr);
        own_.get<PFN_vkDestroyPipelineLayout>("vkDestroyPipelineLayout")(device, made.layout, nullptr);
        own_.get<PFN_vkDestroyDescriptorSetLayout>("vkDestroyDescriptorSetLayout")(device, made.set_layout, nullptr);
        own_.get<PFN_vkDestroyShaderModule>("vkDestroyShaderModule")(device, made.module, nullptr);
    }
}

HostPlan::Made HostPlan::make(const CommandData& data) const {
    Made made;
    make_layouts(data, made);
    make_pipeline(data, made);
    make_set(data, made);
    return made;
}

void HostPlan::make_layouts(const CommandData& data, Made& made) const {
    std::vector<VkDescriptorSetLayoutBinding> slots;
    for (std::uint32_t i = 0; i < data.bindings.size(); ++i)
        slots.push_back({i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
    VkDescriptorSetLayoutCreateInfo set{};
    set.sType        = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
    set.bindingCount = static_cast<std::uint32_t>(slots.size());
    set.pBindings    = slots.data();
    vulkan::check(own_.get<PFN_vkCreateDescriptorSetLayout>("vkCreateDescriptorSetLayout")(own_.device(), &set, nullptr, &made.set_layout), "vkCreateDescriptorSetLayout");
    const VkPushConstantRange  range{VK_SHADER_STAGE_COMPUTE_BIT, 0, static_cast<std::uint32_t>(data.data.size())};
    VkPipelineLayoutCreateInfo layout{};
    layout.sType                  = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    layout.setLayoutCount         = 1;
    layout.pSetLayouts            = &made.set_layout;
    layout.pushConstantRangeCount = data.data.empty() ? 0u : 1u;
    layout.pPushConstantRanges    = &range;
    vulkan::check(own_.get<PFN_vkCreatePipelineLayout>("vkCreatePipelineLayout")(own_.device(), &layout, nullptr, &made.layout), "vkCreatePipelineLayout");
}

void HostPlan::make_pipeline(const CommandData& data, Made& made) const {
    VkShaderModuleCreateInfo module{};
    module.sType    = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
    module.codeSize = data.spirv.size_bytes();
    module.pCode    = data.spirv.data();
    vulkan::check(own_.get<PFN_vkCreateShaderModule>("vkCreateShaderModule")(own_.device(), &module, nullptr, &made.module), "vkCreateShaderModule");
    std::vector<VkSpecializationMapEntry> entries;
    for (std::uint32_t i = 0; i < data.constants.size(); ++i) entries.push_back({i, i * 4, 4});
    const VkSpecializationInfo  constants{static_cast<std::uint32_t>(entries.size()), entries.data(), data.constants.size_bytes(), data.constants.data()};
    VkComputePipelineCreateInfo create{};
    create.sType                     = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
    create.stage.sType               = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    create.stage.stage               = VK_SHADER_STAGE_COMPUTE_BIT;
    create.stage.module              = made.module;
    create.stage.pName               = "main";
    create.stage.pSpecializationInfo = &constants;
    create.layout                    = made.layout;
    vulkan::check(own_.get<PFN_vkCreateComputePipelines>("vkCreateComputePipelines")(own_.device(), VK_NULL_HANDLE, 1, &create, nullptr, &made.pipeline), "vkCreateComputePipelines");
}

void HostPlan::make_set(const CommandData& data, Made& made) const {
    const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, static_cast<std::uint32_t>(data.bindings.size())};
    VkDescriptorPoolCreateInfo pool{};
    pool.sType         = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    pool.maxSets       = 1;
    pool.poolSizeCount = 1;
    pool.pPoolSizes    = &size;
    vulkan::check(own_.get<PFN_vkCreateDescriptorPool>("vkCreateDescriptorPool")(own_.device(), &pool, nullptr, &made.pool), "vkCreateDescriptorPool");
    VkDescriptorSetAllocateInfo allocate{};
    allocate.sType              = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
    allocate.descriptorPool     = made.pool;
    allocate.descriptorSetCount = 1;
    allocate.pSetLayouts        = &made.set_layout;
    vulkan::check(own_.get<PFN_vkAllocateDescriptorSets>("vkAllocateDescriptorSets")(own_.device(), &allocate, &made.set), "vkAllocateDescriptorSets");
    std::vector<VkDescriptorBufferInfo> buffers;
    for (const CommandData::Binding& binding : data.bindings) buffers.push_back({binding.buffer, binding.offset, binding.bytes});
    VkWriteDescriptorSet write{};
    write.sType           = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet          = made.set;
    write.descriptorCount = static_cast<std::uint32_t>(buffers.size());
    write.descriptorType  = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    write.pBufferInfo     = buffers.data();
    own_.get<PFN_vkUpdateDescriptorSets>("vkUpdateDescriptorSets")(own_.device(), 1, &write, 0, nullptr);
}

void HostPlan::record(VkCommandBuffer commands) const {
    constexpr VkPipelineStageFlags stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    const auto barrier = [&](VkPipelineStageFlags to, VkAccessFlags access) {
        VkMemoryBarrier all{};
        all.sType         = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
        all.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
        all.dstAccessMask = access;
        own_.get<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier")(commands, stages, to, 0, 1, &all, 0, nullptr, 0, nullptr);
    };
    for (std::size_t i = 0; i < made_.size(); ++i) {
        if (i == 0 || list_[i].barrier)
            barrier(stages, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT);
        record_one(i, commands);
    }
    barrier(VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
}

void HostPlan::record_bare(VkCommandBuffer commands) const {
    for (std::size_t i = 0; i < made_.size(); ++i) record_one(i, commands);
}

void HostPlan::record_one(std::size_t index, VkCommandBuffer commands) const {
    if (list_[index].kind == CommandData::Kind::dispatch)
        record_dispatch(list_[index], made_[index], commands);
    else
        record_write(list_[index], commands);
}

void HostPlan::bind(const CommandData& data, const Made& made, VkCommandBuffer commands) const {
    own_.get<PFN_vkCmdBindPipeline>("vkCmdBindPipeline")(commands, VK_PIPELINE_BIND_POINT_COMPUTE, made.pipeline);
    own_.get<PFN_vkCmdBindDescriptorSets>("vkCmdBindDescriptorSets")(commands, VK_PIPELINE_BIND_POINT_COMPUTE, made.layout, 0, 1, &made.set, 0, nullptr);
    if (!data.data.empty())
        own_.get<PFN_vkCmdPushConstants>("vkCmdPushConstants")(commands, made.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, static_cast<std::uint32_t>(data.data.size()), data.data.data());
}

void HostPlan::record_dispatch(const CommandData& data, const Made& made, VkCommandBuffer commands) const {
    bind(data, made, commands);
    own_.get<PFN_vkCmdDispatch>("vkCmdDispatch")(commands, data.groups[0], data.groups[1], data.groups[2]);
}

void HostPlan::record_write(const CommandData& data, VkCommandBuffer commands) const {
    const CommandData::Binding& first = data.bindings.front();
    if (data.kind == CommandData::Kind::update) {
        own_.get<PFN_vkCmdUpdateBuffer>("vkCmdUpdateBuffer")(commands, first.buffer, first.offset, data.data.size(), data.data.data());
    } else if (data.kind == CommandData::Kind::fill) {
        own_.get<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, first.buffer, first.offset, first.bytes, 0);
    } else {
        const CommandData::Binding& to = data.bindings.back();
        const VkBufferCopy          copy{first.offset, to.offset, first.bytes};
        own_.get<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(commands, first.buffer, to.buffer, 1, &copy);
    }
}

}  // namespace attune::test
