#include "execute/qualification.h"

#include "execute/program.h"
#include "ops/variants.h"
#include "vulkan/quarantine.h"

#include <attune/error.hpp>
#include <attune/qualification.hpp>

#include <optional>

namespace attune {
namespace {

// "" or what is wrong with a pipeline; nothing where the device has no room to find out.
std::optional<std::string> fault_of(const std::shared_ptr<Device::Context>& context, const Plan& plan,
                                    const PlannedDispatch& planned, const DeviceTraits& traits) {
    std::vector<GoldenCase> cases = golden_cases(plan, planned, traits);
    if (cases.empty()) return "no golden case needs this pipeline";
    try {
        for (GoldenCase& golden : cases) {
            context->quarantine().count_case();
            if (std::string what = golden_difference(golden, run_golden(context, golden)); !what.empty()) return what;
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
        const VariantFacts* facts    = variant_of(*dispatch.kernel);
        if (!facts || quarantine.has_passed(*dispatch.kernel, dispatch.constants)) continue;
        const std::lock_guard guard(quarantine.work());
        if (quarantine.refused().has(facts->variant)) return false;
        if (quarantine.has_passed(*dispatch.kernel, dispatch.constants)) continue;
        // Without room nothing is proven wrong, and which kernels are used must not follow from what is free: it is
        // taken at its word, and tried when it is planned again.
        const std::optional<std::string> fault = fault_of(context, plan, planned, traits);
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

std::map<std::string, Tensor> run_golden(const std::shared_ptr<Device::Context>& context, GoldenCase& golden) {
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
    for (const VkCommandBuffer one : recorded) commands.run(one);
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
