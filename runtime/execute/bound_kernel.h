// A kernel that is launched outside of any plan, and the memory that it is bound to.
#pragma once

#include "ops/dispatch.h"
#include "vulkan/descriptors.h"
#include "vulkan/memory.h"
#include "vulkan/pipelines.h"

#include <initializer_list>

namespace attune {

// The spans must stay.
class BoundKernel {
public:
    // Memory, and the size of texels that the kernel reads it as; 0: a storage buffer.
    struct Bound {
        Bound(const vulkan::Span* memory, std::uint32_t size = 0) : span(memory), texel_bytes(size) {}
        const vulkan::Span* span;
        std::uint32_t       texel_bytes;
    };
    BoundKernel(Device::Context& context, const Kernel& kernel, std::vector<std::uint32_t> constants,
                std::initializer_list<Bound> bindings);

    // Other memory. What was recorded with it has ended, and is recorded anew.
    void point_at(std::initializer_list<Bound> bindings);
    void bind(VkCommandBuffer commands, const PushBytes& push) const;
    void dispatch(VkCommandBuffer commands, std::uint32_t groups) const;

private:
    Device::Context&       context_;
    vulkan::Pipeline       pipeline_;
    vulkan::DescriptorSets sets_;
};

}  // namespace attune
