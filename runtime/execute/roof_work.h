// What roofs are measured with: work of any amount, recorded as commands, whose result can be told from a wrong one.
#pragma once

#include "execute/commands.h"
#include "ops/dispatch.h"
#include "vulkan/descriptors.h"
#include "vulkan/pipelines.h"

#include <attune/roofs.hpp>

#include <initializer_list>
#include <memory>
#include <string>

namespace attune {

class RoofWork {
public:
    virtual ~RoofWork() = default;

    // As much work as `amount` says. What was recorded before has ended.
    virtual void record(VkCommandBuffer commands, std::uint32_t amount) = 0;
    // To begin with, and what one submission may have at most.
    virtual std::uint32_t least() const = 0;
    virtual std::uint32_t most() const  = 0;
    // Bytes, operations or dispatches of an amount of 1.
    virtual double units() const = 0;
    // "" or what is wrong with what `amount`, which was recorded last and has run, has computed.
    virtual std::string wrong(Commands& commands, std::uint32_t amount) = 0;
};

// One for each kind but submit.
std::unique_ptr<RoofWork> make_copy(Commands& commands, RoofKind kind, std::uint64_t bytes);
std::unique_ptr<RoofWork> make_read(Commands& commands, std::uint64_t bytes);
std::unique_ptr<RoofWork> make_fma(Commands& commands, RoofKind kind);
std::unique_ptr<RoofWork> make_exp2(Commands& commands);
std::unique_ptr<RoofWork> make_dispatches(Commands& commands, RoofKind kind);

// Lanes of a workgroup: a subgroup on CPUs, where more of them are a loop; else what most GPUs fill well.
std::uint32_t roof_group(const DeviceTraits& traits);

// A kernel and what it is bound to. The spans must stay.
class RoofKernel {
public:
    RoofKernel(Device::Context& context, const Kernel& kernel, std::vector<std::uint32_t> constants,
               std::initializer_list<const vulkan::Span*> bindings);

    void bind(VkCommandBuffer commands, const PushBytes& push) const;
    void dispatch(VkCommandBuffer commands, std::uint32_t groups) const;

private:
    Device::Context&       context_;
    vulkan::Pipeline       pipeline_;
    vulkan::DescriptorSets sets_;
};

}  // namespace attune
