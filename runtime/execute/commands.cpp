#include "execute/commands.h"

#include "vulkan/completion.h"

#include <algorithm>
#include <cstring>

namespace attune {
namespace {

constexpr VkDeviceSize staging_bytes = 8u << 20;  // long copies go through in pieces

constexpr VkPipelineStageFlags our_stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
constexpr BufferUse            our_writes{our_stages, VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT};
constexpr BufferUse            our_uses{our_stages, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                                             VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT};

void barrier(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands, const BufferUse& from, const BufferUse& to) {
    const VkMemoryBarrier memory{.sType         = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                 .pNext         = nullptr,
                                 .srcAccessMask = from.accesses,
                                 .dstAccessMask = to.accesses};
    vk.CmdPipelineBarrier(commands, from.stages, to.stages, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

}  // namespace

void full_barrier(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands) {
    barrier(vk, commands, our_writes, our_uses);
}

void indirect_barrier(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands) {
    barrier(vk, commands, our_writes,
            {our_uses.stages | VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT,
             our_uses.accesses | VK_ACCESS_INDIRECT_COMMAND_READ_BIT});
}

void barrier_after(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands, const BufferUse& host) {
    if (host.stages) barrier(vk, commands, host, our_uses);
}

void barrier_before(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands, const BufferUse& host) {
    if (host.stages) barrier(vk, commands, our_writes, host);
}

void host_barrier(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands) {
    barrier(vk, commands, our_writes, {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT});
}

Commands::Commands(std::shared_ptr<Device::Context> context) : context_(std::move(context)) {
    const VkCommandPoolCreateInfo pool{.sType            = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                       .pNext            = nullptr,
                                       .flags            = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                       .queueFamilyIndex = context_->queue_family()};
    const VkFenceCreateInfo       fence{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, .pNext = nullptr, .flags = 0};
    pool_  = vulkan::OwnedCommandPool(*context_, pool, "vkCreateCommandPool");
    fence_ = vulkan::OwnedFence(*context_, fence, "vkCreateFence");
}

VkCommandBuffer Commands::allocate() {
    const VkCommandBufferAllocateInfo allocate{.sType              = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                               .pNext              = nullptr,
                                               .commandPool        = pool_.get(),
                                               .level              = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                               .commandBufferCount = 1};
    VkCommandBuffer                   commands = VK_NULL_HANDLE;
    context_->check(context_->vk().AllocateCommandBuffers(context_->handle(), &allocate, &commands),
                    "vkAllocateCommandBuffers");
    context_->count_object();
    return commands;
}

void Commands::begin(VkCommandBuffer commands, Submitted how) const {
    const VkCommandBufferBeginInfo begin{
        .sType            = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .pNext            = nullptr,
        .flags            = how == Submitted::once ? 0u : VkFlags{VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT},
        .pInheritanceInfo = nullptr};
    context_->check(context_->vk().BeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
}

void Commands::end(VkCommandBuffer commands) const {
    context_->check(context_->vk().EndCommandBuffer(commands), "vkEndCommandBuffer");
}

void Commands::run(std::span<const VkCommandBuffer> commands, const std::function<void()>& meanwhile) {
    const VkFence fence = fence_.get();
    context_->check(context_->vk().ResetFences(context_->handle(), 1, &fence), "vkResetFences");
    context_->submit({.commands = commands, .fence = fence});
    try {
        if (meanwhile) meanwhile();
    } catch (...) {
        wait();
        throw;
    }
    wait();
}

void Commands::wait() const {
    const VkFence fence = fence_.get();
    vulkan::wait_in_slices(*context_, "vkWaitForFences", [&](const auto& vk, std::uint64_t nanoseconds) {
        return vk.WaitForFences(context_->handle(), 1, &fence, VK_TRUE, nanoseconds);
    });
}

VkCommandBuffer Commands::begin_once() {
    if (!once_) once_ = allocate();
    begin(once_);
    full_barrier(context_->vk(), once_);
    return once_;
}

void Commands::run_once() {
    host_barrier(context_->vk(), once_);
    end(once_);
    run(once_);
}

void Commands::upload(const vulkan::Span& to, VkDeviceSize offset, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (!to.mapped().empty()) {
        std::memcpy(to.mapped().data() + offset, bytes.data(), bytes.size());
        return;
    }
    const vulkan::Span staging =
        context_->memory().allocate(MemoryClass::upload, std::min<VkDeviceSize>(bytes.size(), staging_bytes));
    for (VkDeviceSize done = 0; done < bytes.size(); done += staging_bytes) {
        const VkDeviceSize count = std::min<VkDeviceSize>(staging_bytes, bytes.size() - done);
        std::memcpy(staging.mapped().data(), bytes.data() + done, count);
        const VkBufferCopy copy{.srcOffset = staging.offset(), .dstOffset = to.offset() + offset + done, .size = count};
        context_->vk().CmdCopyBuffer(begin_once(), staging.buffer(), to.buffer(), 1, &copy);
        run_once();
    }
}

void Commands::download(const vulkan::Span& from, VkDeviceSize offset, std::span<std::byte> bytes) {
    const VkDeviceSize piece   = std::min<VkDeviceSize>((bytes.size() + 3) / 4 * 4, staging_bytes);
    const vulkan::Span staging = context_->memory().allocate(MemoryClass::readback, piece);
    for (VkDeviceSize done = 0; done < bytes.size(); done += piece) {
        const VkDeviceSize count = std::min<VkDeviceSize>(piece, bytes.size() - done);
        const VkBufferCopy copy{
            .srcOffset = from.offset() + offset + done, .dstOffset = staging.offset(), .size = (count + 3) / 4 * 4};
        context_->vk().CmdCopyBuffer(begin_once(), from.buffer(), staging.buffer(), 1, &copy);
        run_once();
        std::memcpy(bytes.data() + done, staging.mapped().data(), count);
    }
}

void Commands::clear(const vulkan::Span& span) {
    context_->vk().CmdFillBuffer(begin_once(), span.buffer(), span.offset(), span.size(), 0);
    run_once();
}

void Commands::copy(const vulkan::Span& from, const vulkan::Span& to, VkDeviceSize bytes) {
    const VkBufferCopy copy{.srcOffset = from.offset(), .dstOffset = to.offset(), .size = bytes};
    context_->vk().CmdCopyBuffer(begin_once(), from.buffer(), to.buffer(), 1, &copy);
    run_once();
}

// ---- recorded ---------------------------------------------------------------------------------

namespace {

constexpr VkDeviceSize update_bytes = 65536;  // that one vkCmdUpdateBuffer takes

// Calls `piece(offset, bytes)` for pieces of an upload.
template <class Piece> void in_pieces(std::span<const std::byte> bytes, Piece&& piece) {
    for (VkDeviceSize done = 0; done < bytes.size(); done += update_bytes)
        piece(done, bytes.subspan(done, std::min<VkDeviceSize>(update_bytes, bytes.size() - done)));
}

}  // namespace

// A barrier in front of each: they are few, and may write the same memory one after the other.
void RecordedCommands::clear(const vulkan::Span& span) {
    full_barrier(vk_, commands_);
    vk_.CmdFillBuffer(commands_, span.buffer(), span.offset(), span.size(), 0);
}

void RecordedCommands::upload(const vulkan::Span& to, VkDeviceSize offset, std::span<const std::byte> bytes) {
    full_barrier(vk_, commands_);
    in_pieces(bytes, [&](VkDeviceSize done, std::span<const std::byte> piece) {
        vk_.CmdUpdateBuffer(commands_, to.buffer(), to.offset() + offset + done, piece.size(), piece.data());
    });
}

void RecordedCommands::copy(const vulkan::Span& from, const vulkan::Span& to, VkDeviceSize bytes) {
    full_barrier(vk_, commands_);
    const VkBufferCopy copy{.srcOffset = from.offset(), .dstOffset = to.offset(), .size = bytes};
    vk_.CmdCopyBuffer(commands_, from.buffer(), to.buffer(), 1, &copy);
}

// ---- as data ----------------------------------------------------------------------------------

CommandData& ListedCommands::add(CommandData::Kind kind, std::string_view name) {
    CommandData& data = list_.emplace_back();
    data.kind         = kind;
    data.op           = name;
    data.barrier      = true;
    return data;
}

void ListedCommands::clear(const vulkan::Span& span) {
    add(CommandData::Kind::fill, "fill").bindings = {
        {span.buffer(), span.offset(), span.size(), CommandData::Access::write}};
}

void ListedCommands::upload(const vulkan::Span& to, VkDeviceSize offset, std::span<const std::byte> bytes) {
    in_pieces(bytes, [&](VkDeviceSize done, std::span<const std::byte> piece) {
        CommandData& data = add(CommandData::Kind::update, "update");
        data.data         = piece;
        data.bindings     = {{to.buffer(), to.offset() + offset + done, piece.size(), CommandData::Access::write}};
    });
}

void ListedCommands::copy(const vulkan::Span& from, const vulkan::Span& to, VkDeviceSize bytes) {
    add(CommandData::Kind::copy, "copy").bindings = {{from.buffer(), from.offset(), bytes, CommandData::Access::read},
                                                     {to.buffer(), to.offset(), bytes, CommandData::Access::write}};
}

}  // namespace attune
