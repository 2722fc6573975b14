#include "execute/program.h"

#include "graph/op.h"

namespace attune {

Program::Impl::Impl(std::shared_ptr<Device::Context> context, Plan plan, std::shared_ptr<Weights::Impl> weights)
    : pool_(std::move(context)), plan_(std::move(plan)), weights_(std::move(weights)) {
    for (const PlannedDispatch& planned : plan_.dispatches)
        pipelines_.push_back(pool_.context().pipelines().get(*planned.dispatch.kernel, planned.dispatch.constants,
                                                             static_cast<std::uint32_t>(planned.locations.size())));
    allocate_sets();
}

void Program::Impl::allocate_sets() {
    if (plan_.dispatches.empty()) return;
    VkDescriptorPoolSize               size{.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .descriptorCount = 0};
    std::vector<VkDescriptorSetLayout> layouts;
    for (std::size_t i = 0; i < plan_.dispatches.size(); ++i) {
        size.descriptorCount += static_cast<std::uint32_t>(plan_.dispatches[i].locations.size());
        layouts.push_back(pipelines_[i].layout.set);
    }
    const VkDescriptorPoolCreateInfo create{.sType         = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                            .pNext         = nullptr,
                                            .flags         = 0,
                                            .maxSets       = static_cast<std::uint32_t>(layouts.size()),
                                            .poolSizeCount = 1,
                                            .pPoolSizes    = &size};
    descriptors_ = vulkan::OwnedDescriptorPool(pool_.context(), create, "vkCreateDescriptorPool");
    const VkDescriptorSetAllocateInfo allocate{.sType              = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                               .pNext              = nullptr,
                                               .descriptorPool     = descriptors_.get(),
                                               .descriptorSetCount = static_cast<std::uint32_t>(layouts.size()),
                                               .pSetLayouts        = layouts.data()};
    sets_.resize(layouts.size());
    Device::Context& context = pool_.context();
    context.check(context.vk().AllocateDescriptorSets(context.handle(), &allocate, sets_.data()),
                  "vkAllocateDescriptorSets");
}

SessionMemory::Place Program::Impl::place(const SessionMemory& memory, const Location& location) const {
    if (location.region != Region::weight) return memory.place(plan_, location);
    const vulkan::Span& span = weights_->chunk(plan_.weights[location.index], location.chunk);
    return {span.buffer(), span.offset() + location.offset, location.bytes};
}

std::vector<DispatchData> Program::Impl::dispatches(const SessionMemory& memory) const {
    std::vector<DispatchData> all;
    for (const PlannedDispatch& planned : plan_.dispatches) {
        const Dispatch& dispatch = planned.dispatch;
        DispatchData&   data     = all.emplace_back();
        data.op                  = plan_.graph.nodes()[planned.node].op->name;
        data.kernel              = dispatch.kernel->name;
        data.spirv               = dispatch.kernel->spirv;
        data.constants           = dispatch.constants;
        data.push                = {dispatch.push.data(), dispatch.push.size()};
        data.barrier             = planned.barrier;
        data.groups              = {dispatch.groups.x, dispatch.groups.y, dispatch.groups.z};
        for (const Location& location : planned.locations) {
            const SessionMemory::Place at = place(memory, location);
            data.bindings.push_back(
                {at.buffer, at.offset, at.bytes, static_cast<DispatchData::Access>(location.access)});
        }
    }
    return all;
}

void Program::Impl::bind(const SessionMemory& memory) {
    if (written_ == memory.generation()) return;
    for (std::size_t i = 0; i < plan_.dispatches.size(); ++i) {
        const auto&                         locations = plan_.dispatches[i].locations;
        std::vector<VkDescriptorBufferInfo> buffers;
        for (const Location& location : locations) {
            const SessionMemory::Place at = place(memory, location);
            buffers.push_back({at.buffer, at.offset, at.bytes});
        }
        const VkWriteDescriptorSet write{.sType            = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                         .pNext            = nullptr,
                                         .dstSet           = sets_[i],
                                         .dstBinding       = 0,
                                         .dstArrayElement  = 0,
                                         .descriptorCount  = static_cast<std::uint32_t>(buffers.size()),
                                         .descriptorType   = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                         .pImageInfo       = nullptr,
                                         .pBufferInfo      = buffers.data(),
                                         .pTexelBufferView = nullptr};
        pool_.context().vk().UpdateDescriptorSets(pool_.context().handle(), 1, &write, 0, nullptr);
    }
    written_ = memory.generation();
}

void Program::Impl::launch(std::size_t index, VkCommandBuffer commands) const {
    const auto&     vk       = pool_.context().vk();
    const Dispatch& dispatch = plan_.dispatches[index].dispatch;
    vk.CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipelines_[index].handle);
    vk.CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipelines_[index].layout.layout, 0, 1,
                             &sets_[index], 0, nullptr);
    if (dispatch.push.size())
        vk.CmdPushConstants(commands, pipelines_[index].layout.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                            dispatch.push.size(), dispatch.push.data());
    vk.CmdDispatch(commands, dispatch.groups.x, dispatch.groups.y, dispatch.groups.z);
}

void Program::Impl::record_dispatch(std::size_t index, VkCommandBuffer commands) const {
    if (plan_.dispatches[index].barrier) full_barrier(pool_.context().vk(), commands);
    launch(index, commands);
}

std::size_t Program::Impl::record(const SessionMemory& memory, VkCommandBuffer commands, std::size_t first,
                                  double seconds) {
    bind(memory);
    const auto& vk = pool_.context().vk();
    if (first == 0) barrier_after(vk, commands, memory.use_before(plan_));
    full_barrier(vk, commands);
    std::size_t next = first;
    for (double used = 0; next < plan_.dispatches.size(); ++next) {
        used += plan_.dispatches[next].seconds;
        if (next > first && used > seconds) return next;
        record_dispatch(next, commands);
    }
    memory.record_readback(plan_, commands);
    barrier_before(vk, commands, memory.use_after(plan_));
    return next;
}

std::span<const VkCommandBuffer> Program::Impl::commands(const SessionMemory& memory) {
    if (recorded_ == memory.generation()) return commands_;
    bind(memory);
    std::size_t used = 0;
    for (std::size_t i = 0; i < plan_.dispatches.size() || used == 0; ++used) {
        if (used == commands_.size()) commands_.push_back(pool_.allocate());
        const VkCommandBuffer commands = commands_[used];
        pool_.begin(commands);
        full_barrier(pool_.context().vk(), commands);
        const std::size_t first = i;
        for (; i < plan_.dispatches.size() && (i == first || !plan_.dispatches[i].submit); ++i)
            record_dispatch(i, commands);
        if (i == plan_.dispatches.size()) memory.record_readback(plan_, commands);
        pool_.end(commands);
    }
    commands_.resize(used);
    recorded_ = memory.generation();
    return commands_;
}

Program::Facts Program::facts() const {
    const Plan& plan = impl_->plan();
    Facts       facts{.dispatches  = plan.dispatches.size(),
                      .barriers    = plan.barriers(),
                      .submissions = plan.dispatches.empty() ? 0u : 1u,
                      .arena_bytes = plan.arena_bytes,
                      .flops       = 0};
    for (const PlannedDispatch& planned : plan.dispatches) {
        facts.flops += planned.dispatch.cost.flops;
        facts.submissions += planned.submit;
    }
    return facts;
}

std::string Program::text() const { return impl_->plan().text(); }

}  // namespace attune
