// Weights on a device: what Weights keeps.
#pragma once

#include "plan/plan.h"
#include "vulkan/context.h"
#include "vulkan/memory.h"

#include <attune/session.hpp>

namespace attune {

class Weights::Impl {
public:
    Impl(std::shared_ptr<Device::Context> on, const RunOptions& with) : context(std::move(on)), options(with) {}

    const vulkan::Span& chunk(const std::string& name, std::uint32_t index) const { return spans.at(name).at(index); }

    std::shared_ptr<Device::Context>                 context;
    RunOptions                                       options;
    WeightLayouts                                    layouts;
    std::map<std::string, std::vector<vulkan::Span>> spans;
    std::vector<vulkan::Span>                        staging;  // for each slot of a host that uploaded within its frames
    std::uint64_t                                    bytes = 0;
};

}  // namespace attune
