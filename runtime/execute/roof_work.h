// What roofs are measured with: work of any amount, recorded as commands, whose result can be told from a wrong one.
#pragma once

#include "execute/bound_kernel.h"
#include "execute/commands.h"
#include "ops/dispatch.h"

#include <attune/roofs.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

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

// For each kind but submit; where there are several, the roof is what the fastest does.
using RoofWorks = std::vector<std::unique_ptr<RoofWork>>;
std::unique_ptr<RoofWork> make_copy(Commands& commands, RoofKind kind, std::uint64_t bytes);
std::unique_ptr<RoofWork> make_read(Commands& commands, std::uint64_t bytes);
RoofWorks make_fma(Commands& commands, RoofKind kind);
std::unique_ptr<RoofWork> make_exp2(Commands& commands);
std::unique_ptr<RoofWork> make_dispatches(Commands& commands, RoofKind kind);

// Lanes of a workgroup: a subgroup on CPUs, where more of them are a loop; else what most GPUs fill well.
std::uint32_t roof_group(const DeviceTraits& traits);

}  // namespace attune
