#include "vulkan/pipelines.h"

#include <algorithm>

namespace attune::vulkan {

Pipeline Pipelines::get(const Kernel& kernel, std::span<const std::uint32_t> constants, const Slots& slots) {
    std::unique_lock lock(mutex_);
    Entry&           found = entry(kernel, constants, slots);
    make(found, lock);
    return found.second.pipeline_;
}

const Pipelines::Wanted& Pipelines::want(const Kernel& kernel, std::span<const std::uint32_t> constants,
                                         const Slots& slots) {
    const std::lock_guard guard(mutex_);
    Entry&                found = entry(kernel, constants, slots);
    if (!found.second.ready() && std::find(queue_.begin(), queue_.end(), &found) == queue_.end())
        queue_.push_back(&found);
    return found.second;
}

std::size_t Pipelines::compile_next() {
    std::unique_lock lock(mutex_);
    if (queue_.empty()) return 0;
    const auto free   = std::find_if(queue_.begin(), queue_.end(), [](Entry* one) { return !one->second.making_; });
    Entry&     chosen = free == queue_.end() ? *queue_.front() : **free;
    try {
        make(chosen, lock);
    } catch (...) {
        if (const auto at = std::find(queue_.begin(), queue_.end(), &chosen); at != queue_.end())
            std::rotate(at, at + 1, queue_.end());
        throw;
    }
    return queue_.size();
}

std::size_t Pipelines::left() const {
    const std::lock_guard guard(mutex_);
    return queue_.size();
}

std::size_t Pipelines::made() const {
    const std::lock_guard guard(mutex_);
    return made_;
}

Pipelines::Entry& Pipelines::entry(const Kernel& kernel, std::span<const std::uint32_t> constants,
                                   const Slots& slots) {
    Key key{&kernel, {constants.begin(), constants.end()}};
    if (const auto found = pipelines_.find(key); found != pipelines_.end()) return *found;
    return *pipelines_.try_emplace(std::move(key), parts_.layout(slots)).first;
}

// Makes it with the lock let go, unless another thread does so meanwhile; after that one's failure, tries itself.
void Pipelines::make(Entry& entry, std::unique_lock<std::mutex>& lock) {
    Wanted& wanted = entry.second;
    done_.wait(lock, [&] { return !wanted.making_; });
    if (wanted.ready()) return;
    wanted.making_ = true;
    lock.unlock();
    std::exception_ptr failure;
    try {
        compile(entry);
    } catch (...) { failure = std::current_exception(); }
    lock.lock();
    wanted.making_ = false;
    done_.notify_all();
    if (failure) std::rethrow_exception(failure);
    wanted.ready_.store(true, std::memory_order_release);
    ++made_;
    std::erase(queue_, &entry);
}

void Pipelines::compile(Entry& entry) {
    const Key&                            key    = entry.first;
    Wanted&                               wanted = entry.second;
    std::vector<VkSpecializationMapEntry> entries;
    for (std::uint32_t i = 0; i < key.second.size(); ++i)
        entries.push_back({.constantID = i, .offset = i * 4, .size = 4});
    const VkSpecializationInfo        specialization{.mapEntryCount = static_cast<std::uint32_t>(entries.size()),
                                                     .pMapEntries   = entries.data(),
                                                     .dataSize      = key.second.size() * sizeof(std::uint32_t),
                                                     .pData         = key.second.data()};
    const VkComputePipelineCreateInfo create{.sType  = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
                                             .pNext  = nullptr,
                                             .flags  = 0,
                                             .stage  = {.sType  = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                        .pNext  = nullptr,
                                                        .flags  = 0,
                                                        .stage  = VK_SHADER_STAGE_COMPUTE_BIT,
                                                        .module = parts_.module(*key.first),
                                                        .pName  = "main",
                                                        .pSpecializationInfo = &specialization},
                                             .layout = wanted.layout().layout,
                                             .basePipelineHandle = VK_NULL_HANDLE,
                                             .basePipelineIndex  = -1};
    VkPipeline                        made = VK_NULL_HANDLE;
    context_.check(cache_.compile(create, made), "vkCreateComputePipelines");
    wanted.pipeline_.handle = made;
    wanted.owned_           = OwnedPipeline(context_, made);
}

VkShaderModule PipelineParts::module(const Kernel& kernel) {
    const std::lock_guard guard(mutex_);
    if (const auto found = modules_.find(&kernel); found != modules_.end()) return found->second.get();
    const VkShaderModuleCreateInfo create{.sType    = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                          .pNext    = nullptr,
                                          .flags    = 0,
                                          .codeSize = kernel.spirv.size_bytes(),
                                          .pCode    = kernel.spirv.data()};
    return modules_.emplace(&kernel, OwnedShaderModule(context_, create, "vkCreateShaderModule")).first->second.get();
}

PipelineLayout PipelineParts::layout(const Slots& slots) {
    const std::lock_guard guard(mutex_);
    if (const auto found = layouts_.find(slots); found != layouts_.end())
        return {.set = found->second.set.get(), .layout = found->second.layout.get()};
    std::vector<VkDescriptorSetLayoutBinding> bindings;
    for (std::uint32_t i = 0; i < slots.count; ++i)
        bindings.push_back({.binding            = i,
                            .descriptorType     = slots.texels >> i & 1 ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER
                                                                        : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                            .descriptorCount    = 1,
                            .stageFlags         = VK_SHADER_STAGE_COMPUTE_BIT,
                            .pImmutableSamplers = nullptr});
    const VkDescriptorSetLayoutCreateInfo set{.sType        = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                              .pNext        = nullptr,
                                              .flags        = 0,
                                              .bindingCount = slots.count,
                                              .pBindings    = bindings.data()};
    OwnedLayout                 made{.set = OwnedSetLayout(context_, set, "vkCreateDescriptorSetLayout"), .layout = {}};
    const VkDescriptorSetLayout handle = made.set.get();
    const VkPushConstantRange   range{.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .offset = 0, .size = push_bytes};
    const VkPipelineLayoutCreateInfo create{.sType                  = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                            .pNext                  = nullptr,
                                            .flags                  = 0,
                                            .setLayoutCount         = 1,
                                            .pSetLayouts            = &handle,
                                            .pushConstantRangeCount = 1,
                                            .pPushConstantRanges    = &range};
    made.layout = OwnedPipelineLayout(context_, create, "vkCreatePipelineLayout");
    const PipelineLayout result{.set = handle, .layout = made.layout.get()};
    layouts_.emplace(slots, std::move(made));
    return result;
}

}  // namespace attune::vulkan
