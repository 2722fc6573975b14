// A device behind the shim, and pipelines for it to make.
#pragma once

#include "execute/slots.h"
#include "plan/plan.h"
#include "support/test_devices.h"
#include "support/vulkan_shim.h"
#include "vulkan/pipelines.h"

#include <attune/ops.hpp>

#include <algorithm>

namespace attune::test {

// A pipeline as a plan names it.
struct Asked {
    const Kernel*              kernel;
    std::vector<std::uint32_t> constants;
    vulkan::Slots              slots;
};

// Some small ones, all different.
inline std::vector<Asked> some_pipelines(const Device& device) {
    Graph       g;
    const Value x = g.input("x", {Type::f32, {3, 8}});
    const Value y = add(g, activate(g, x, Activation::relu), activate(g, x, Activation::silu));
    g.output("y", softmax(g, add(g, y, y)));

    const Plan         plan = make_plan(g, device.context()->traits(), {});
    std::vector<Asked> asked;
    for (const PlannedDispatch& planned : plan.dispatches) {
        const Dispatch& one    = planned.dispatch;
        const bool      is_new = std::none_of(asked.begin(), asked.end(), [&](const Asked& other) {
            return other.kernel == one.kernel && other.constants == one.constants;
        });
        if (is_new) asked.push_back({one.kernel, one.constants, slots_of(one)});
    }
    return asked;
}

struct Bench {
    VulkanShim shim;
    Device device = Device::open({.select = "", .caps = profile_caps(), .get_instance_proc = shim.get_instance_proc()});
    vulkan::Pipelines& pipelines = device.context()->pipelines();
    std::vector<Asked> asked     = some_pipelines(device);

    const vulkan::Pipelines::Wanted& want(const Asked& one) {
        return pipelines.want(*one.kernel, one.constants, one.slots);
    }
    vulkan::Pipeline get(const Asked& one) { return pipelines.get(*one.kernel, one.constants, one.slots); }
    std::uint64_t    compiled() const { return shim.calls(Entry::CreateComputePipelines); }
};

}  // namespace attune::test
