// A command pool, a fence, and the few commands that the executor records. One thread at a time.
#pragma once

#include "vulkan/memory.h"

#include <attune/session.hpp>

#include <functional>
#include <memory>

namespace attune {

// What writes a session's memory besides kernels. Offsets and sizes in bytes, multiples of 4. In order: each sees what
// those before it wrote.
class MemoryCommands {
public:
    virtual ~MemoryCommands() = default;

    virtual void clear(const vulkan::Span& span)                                                       = 0;
    virtual void upload(const vulkan::Span& to, VkDeviceSize offset, std::span<const std::byte> bytes) = 0;
    virtual void copy(const vulkan::Span& from, const vulkan::Span& to, VkDeviceSize bytes)            = 0;
};

// At once, on the session's own commands.
class Commands final : public MemoryCommands {
public:
    explicit Commands(std::shared_ptr<Device::Context> context);

    Device::Context&                        context() const noexcept { return *context_; }
    const std::shared_ptr<Device::Context>& shared_context() const noexcept { return context_; }

    VkCommandBuffer allocate();
    enum class Submitted { once, repeatedly };  // repeatedly: while it is at work already, too
    void            begin(VkCommandBuffer commands, Submitted how = Submitted::once) const;
    void            end(VkCommandBuffer commands) const;
    // Submits and waits until the device has finished; `meanwhile` is called in between. When it throws, the device is
    // not at work on it any more.
    void run(VkCommandBuffer commands, const std::function<void()>& meanwhile = {}) { run({&commands, 1}, meanwhile); }
    void run(std::span<const VkCommandBuffer> commands, const std::function<void()>& meanwhile = {});

    // Copies through host memory; each waits. Offsets and sizes in bytes, multiples of 4.
    void clear(const vulkan::Span& span) override;
    void upload(const vulkan::Span& to, VkDeviceSize offset, std::span<const std::byte> bytes) override;
    void copy(const vulkan::Span& from, const vulkan::Span& to, VkDeviceSize bytes) override;
    void download(const vulkan::Span& from, std::span<std::byte> bytes) { download(from, 0, bytes); }
    void download(const vulkan::Span& from, VkDeviceSize offset, std::span<std::byte> bytes);

private:
    VkCommandBuffer begin_once();
    void            run_once();
    void            wait() const;

    std::shared_ptr<Device::Context> context_;
    vulkan::OwnedCommandPool         pool_;
    vulkan::OwnedFence               fence_;
    VkCommandBuffer                  once_ = VK_NULL_HANDLE;
};

// As commands of a recording, which contain what is uploaded. Takes nothing from the heap.
class RecordedCommands final : public MemoryCommands {
public:
    RecordedCommands(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands) : vk_(vk), commands_(commands) {}

    void clear(const vulkan::Span& span) override;
    void upload(const vulkan::Span& to, VkDeviceSize offset, std::span<const std::byte> bytes) override;
    void copy(const vulkan::Span& from, const vulkan::Span& to, VkDeviceSize bytes) override;

private:
    const vulkan::DeviceFunctions& vk_;
    VkCommandBuffer                commands_;
};

// As data for a host; what is uploaded has to stay.
class ListedCommands final : public MemoryCommands {
public:
    explicit ListedCommands(std::vector<CommandData>& list) : list_(list) {}

    void clear(const vulkan::Span& span) override;
    void upload(const vulkan::Span& to, VkDeviceSize offset, std::span<const std::byte> bytes) override;
    void copy(const vulkan::Span& from, const vulkan::Span& to, VkDeviceSize bytes) override;

private:
    CommandData& add(CommandData::Kind kind, std::string_view name);

    std::vector<CommandData>& list_;
};

// Everything before is visible to everything after, on the device.
void full_barrier(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands);
// The same, and to what reads group counts.
void indirect_barrier(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands);
// What a host did becomes visible to our commands, and the other way round; nothing if it says that it does nothing.
void barrier_after(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands, const BufferUse& host);
void barrier_before(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands, const BufferUse& host);
// What copies wrote becomes visible to the host once the commands have finished.
void host_barrier(const vulkan::DeviceFunctions& vk, VkCommandBuffer commands);

}  // namespace attune
