// Plans whose optional kernels this device has been seen to compute right.
#pragma once

#include "execute/golden.h"
#include "vulkan/context.h"

#include <functional>

namespace attune {

// The outputs of a case on a device: its plan in memory of its own, run and waited for; `meanwhile` is called while the
// device is at work.
std::map<std::string, Tensor> run_golden(const std::shared_ptr<Device::Context>& context, GoldenCase& golden,
                                         const std::function<void()>& meanwhile = {});

// Of a graph as it is to run. Before an optional kernel is in a plan for the first time, with constants that are new, it
// runs golden cases that need the same pipeline: it has to be compiled anyway, which is nearly all that this costs on
// software drivers, and nothing is qualified that nobody uses. What is wrong puts its variant into the device's quarantine, and
// the plan is made without it.
enum class When { as_opened, always };  // as_opened: only where the device was opened to be qualified
Plan qualified_plan(const std::shared_ptr<Device::Context>& context, const Graph& graph, const WeightLayouts& layouts,
                    When when = When::as_opened);

}  // namespace attune
