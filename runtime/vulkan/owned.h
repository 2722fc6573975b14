// A Vulkan object of a device, destroyed with its owner.
#pragma once

#include "vulkan/context.h"

#include <utility>

namespace attune::vulkan {

// Movable. `Create` and `Destroy` are the entry points, as members of DeviceFunctions. The device must outlive it.
template <class Handle, auto Create, auto Destroy> class Owned {
public:
    Owned() = default;

    // `call` is the name of `Create`. What a failing call leaves in its output is undefined, and not kept.
    template <class Info> Owned(Device::Context& context, const Info& info, const char* call) {
        Handle made = VK_NULL_HANDLE;
        context.check((context.vk().*Create)(context.handle(), &info, nullptr, &made), call);
        adopt(context, made);
    }

    // Takes over an object that was made otherwise.
    Owned(Device::Context& context, Handle made) { adopt(context, made); }

    Owned(Owned&& other) noexcept
        : context_(std::exchange(other.context_, nullptr)), handle_(std::exchange(other.handle_, Handle{})) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(context_, other.context_);
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned() {
        if (context_) (context_->functions().*Destroy)(context_->handle(), handle_, nullptr);
    }

    Handle get() const noexcept { return handle_; }

private:
    void adopt(Device::Context& context, Handle made) {
        context_ = &context;
        handle_  = made;
        context.count_object();
    }

    Device::Context* context_ = nullptr;
    Handle           handle_{};
};

#define ATTUNE_OWNED(name, Name, create, destroy)                                                                      \
    using name = Owned<Vk##Name, &DeviceFunctions::create, &DeviceFunctions::destroy>;

ATTUNE_OWNED(OwnedBuffer, Buffer, CreateBuffer, DestroyBuffer)
ATTUNE_OWNED(OwnedBufferView, BufferView, CreateBufferView, DestroyBufferView)
ATTUNE_OWNED(OwnedMemory, DeviceMemory, AllocateMemory, FreeMemory)
ATTUNE_OWNED(OwnedFence, Fence, CreateFence, DestroyFence)
ATTUNE_OWNED(OwnedSemaphore, Semaphore, CreateSemaphore, DestroySemaphore)
ATTUNE_OWNED(OwnedCommandPool, CommandPool, CreateCommandPool, DestroyCommandPool)
ATTUNE_OWNED(OwnedDescriptorPool, DescriptorPool, CreateDescriptorPool, DestroyDescriptorPool)
ATTUNE_OWNED(OwnedSetLayout, DescriptorSetLayout, CreateDescriptorSetLayout, DestroyDescriptorSetLayout)
ATTUNE_OWNED(OwnedPipelineLayout, PipelineLayout, CreatePipelineLayout, DestroyPipelineLayout)
ATTUNE_OWNED(OwnedShaderModule, ShaderModule, CreateShaderModule, DestroyShaderModule)
ATTUNE_OWNED(OwnedQueryPool, QueryPool, CreateQueryPool, DestroyQueryPool)
ATTUNE_OWNED(OwnedPipelineCache, PipelineCache, CreatePipelineCache, DestroyPipelineCache)
ATTUNE_OWNED(OwnedPipeline, Pipeline, CreateComputePipelines, DestroyPipeline)

#undef ATTUNE_OWNED

}  // namespace attune::vulkan
