#include "execute/qualification.h"

#include "execute/program.h"
#include "execute/slots.h"
#include "ops/variants.h"
#include "vulkan/quarantine.h"

#include <attune/error.hpp>
#include <attune/qualification.hpp>

#include <optional>

namespace attune {
namespace {

// The facts of what has to run golden cases before a plan is used, null if that is not so.
const VariantFacts* unproven(const vulkan::Quarantine& quarantine, const Dispatch& dispatch) {
    const VariantFacts* facts = variant_of(*dispatch.kernel);
    return facts && !quarantine.has_passed(*dispatch.kernel, dispatch.constants) ? facts : nullptr;
}

// Makes the next pipeline that has to be proven and is not there yet.
void make_next(Device::Context& context, std::span<const PlannedDispatch> rest) {
    for (const PlannedDispatch& planned : rest) {
        const Dispatch& dispatch = planned.dispatch;
        const auto      slots    = slots_of(dispatch);
        if (!unproven(context.quarantine(), dispatch) ||
            context.pipelines().want(*dispatch.kernel, dispatch.constants, slots).ready())
            continue;
        context.pipelines().get(*dispatch.kernel, dispatch.constants, slots);
        return;
    }
}

// "" or what is wrong with a pipeline; nothing where the device has no room to find out. CPU drivers compile at the first
// dispatch, on a thread of their own: `meanwhile`, called once, has the host's.
std::optional<std::string> fault_of(const std::shared_ptr<Device::Context>& context, const Plan& plan,
                                    const PlannedDispatch& planned, const DeviceTraits& traits,
                                    const std::function<void()>& meanwhile) {
    std::vector<GoldenCase> cases = golden_cases(plan, planned, traits);
    if (cases.empty()) return "no golden case needs this pipeline";
    try {
        for (GoldenCase& golden : cases) {
            context->quarantine().count_case();
            const bool first = &golden == &cases.front();
            if (std::string what = golden_difference(golden, run_golden(context, golden, first ? meanwhile : nullptr));
                !what.empty())
                return what;
        }
    } catch (const Error& error) {
        if (error.status() != Status::out_of_device_memory) throw;
        return std::nullopt;
    }
    return "";
}

// False if the plan must not be used: it has a variant that has been refused since.
bool qualify(const std::shared_ptr<Device::Context>& context, const Plan& plan, const DeviceTraits& traits) {
    vulkan::Quarantine& quarantine = context->quarantine();
    for (const PlannedDispatch& planned : plan.dispatches) {
        const Dispatch&     dispatch = planned.dispatch;
        const VariantFacts* facts    = unproven(quarantine, dispatch);
        if (!facts) continue;
        const std::lock_guard guard(quarantine.work());
        if (quarantine.refused().has(facts->variant)) return false;
        if (quarantine.has_passed(*dispatch.kernel, dispatch.constants)) continue;
        // Without room nothing is proven wrong, and which kernels are used must not follow from what is free: it is
        // taken at its word, and tried when it is planned again.
        const std::span rest(&planned, plan.dispatches.data() + plan.dispatches.size());
        const std::optional<std::string> fault =
            fault_of(context, plan, planned, traits, [&] { make_next(*context, rest); });
        if (!fault) continue;
        if (fault->empty()) {
            quarantine.pass(*dispatch.kernel, dispatch.constants);
            continue;
        }
        context->log(Device::LogLevel::warning, context->info().name + " computes " + facts->name +
                                                    " wrong and goes on with " + facts->instead + ": " + *fault);
        quarantine.refuse(
            {facts->variant, facts->name, std::string(dispatch.kernel->name) + ", " + *fault, facts->instead});
        return false;
    }
    return true;
}

}  // namespace

std::map<std::string, Tensor> run_golden(const std::shared_ptr<Device::Context>& context, GoldenCase& golden,
                                         const std::function<void()>& meanwhile) {
    const Device                   device = Device::Context::device_of(context);
    std::shared_ptr<Weights::Impl> weights;
    if (!golden.layouts.empty()) {
        const RunOptions as_it_is{.precision = Precision::f32, .fuse = false};
        weights = Weights(device, golden.weights, {&golden.graph, 1}, as_it_is).impl();
    }
    Commands      commands(context);
    SessionMemory memory(commands, std::make_shared<Frames>());
    Program::Impl program(context, golden.plan, weights, 1, Compile::now);
    memory.reserve(golden.plan);
    for (const auto& [name, tensor] : golden.tensors) memory.set(name, tensor.view());
    const auto recorded = program.commands(memory);
    memory.fill(golden.plan, commands);
    memory.spoil(commands);
    for (const VkCommandBuffer one : recorded) commands.run(one, meanwhile);
    std::map<std::string, Tensor> outputs;
    for (const NamedTensor& output : golden.plan.outputs) {
        const TensorView view = memory.output(output, 0);
        Tensor           tensor(view.desc);
        std::ranges::copy(view.bytes, tensor.bytes().begin());
        outputs.emplace(output.name, std::move(tensor));
    }
    for (const auto& [name, value] : golden.graph.outputs())
        if (golden.graph.info(value).kind == ValueKind::state)
            outputs.emplace(name, memory.read_state(golden.graph.info(value).name));
    return outputs;
}

Plan qualified_plan(const std::shared_ptr<Device::Context>& context, const Graph& graph, const WeightLayouts& layouts,
                    When when) {
    for (;;) {
        const DeviceTraits traits = context->plan_traits();
        Plan               plan   = make_plan(graph, traits, layouts);
        if ((when == When::as_opened && !context->quarantine().checks()) || qualify(context, plan, traits)) return plan;
    }
}

std::vector<RefusedVariant> refused_variants(const Device& device) {
    std::vector<RefusedVariant> list;
    for (const auto& one : device.context()->quarantine().refusals()) list.push_back({one.name, one.why, one.instead});
    return list;
}

}  // namespace attune
