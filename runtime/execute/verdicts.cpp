// What qualification has found out about a device, from one opening to the next: JSON behind a header.
#include "base/json.h"
#include "kernels/kernels.h"
#include "ops/variants.h"
#include "vulkan/quarantine.h"
#include "vulkan/saved.h"

#include <attune/qualification.hpp>

#include <algorithm>

namespace attune {
namespace {

using vulkan::Quarantine;
using vulkan::saved_verdicts;

struct Verdicts {
    std::vector<Quarantine::Pipeline> passed;
    std::vector<Quarantine::Refusal>  refused;
};

Json json_of(const Quarantine& quarantine) {
    std::vector<std::pair<std::string_view, std::vector<std::uint32_t>>> passed;
    for (const auto& [kernel, constants] : quarantine.passed()) passed.emplace_back(kernel->name, constants);
    std::ranges::sort(passed);  // the same bytes for the same verdicts
    Json refused = Json::array();
    for (const Quarantine::Refusal& one : quarantine.refusals()) refused.push_back({one.name, one.why});
    return {{"passed", passed}, {"refused", refused}};
}

// Optional kernels and variants by their names; throws what JSON throws, or bad_input, for anything else.
Verdicts verdicts_of(const Json& json) {
    Verdicts verdicts;
    for (const Json& one : json.at("passed")) {
        const auto name   = one.at(0).get<std::string>();
        const auto kernel = std::ranges::find(kernels::all(), name, [](const Kernel* any) { return any->name; });
        if (kernel == kernels::all().end() || !variant_of(**kernel)) vulkan::refuse_saved(saved_verdicts, "is damaged");
        verdicts.passed.emplace_back(*kernel, one.at(1).get<std::vector<std::uint32_t>>());
    }
    for (const Json& one : json.at("refused")) {
        const auto name  = one.at(0).get<std::string>();
        const auto facts = std::ranges::find(variants(), name, &VariantFacts::name);
        if (facts == variants().end()) vulkan::refuse_saved(saved_verdicts, "is damaged");
        verdicts.refused.push_back({facts->variant, facts->name, one.at(1).get<std::string>(), facts->instead});
    }
    return verdicts;
}

}  // namespace

std::vector<std::byte> export_verdicts(const Device& device) {
    const std::string text =
        json_of(device.context()->quarantine()).dump(-1, ' ', true, Json::error_handler_t::replace);
    return vulkan::sealed(*device.context(), saved_verdicts, std::as_bytes(std::span(text)));
}

void import_verdicts(const Device& device, std::span<const std::byte> bytes) {
    const auto payload = vulkan::unsealed(*device.context(), saved_verdicts, bytes);
    Verdicts   verdicts;
    try {
        verdicts = verdicts_of(
            parse_json({reinterpret_cast<const char*>(payload.data()), payload.size()}, saved_verdicts.name));
    } catch (const Json::exception&) { vulkan::refuse_saved(saved_verdicts, "is damaged"); }
    Quarantine& quarantine = device.context()->quarantine();
    for (const auto& [kernel, constants] : verdicts.passed) quarantine.pass(*kernel, constants);
    for (Quarantine::Refusal& one : verdicts.refused) quarantine.refuse(std::move(one));
}

}  // namespace attune
