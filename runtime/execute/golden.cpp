#include "execute/golden.h"

#include "execute/golden_ops.h"
#include "ops/texels.h"
#include "ops/variants.h"

#include <attune/oracle.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

namespace attune {
namespace {

using namespace golden;

constexpr double largest_f16 = 65504;  // what larger numbers are stored as

std::string text_of(const Pattern& like, const Size& size) {
    return std::string(like.kind()) + ", " + std::to_string(size.rows) + " x " + std::to_string(size.inner) +
           (size.outputs > 1 ? " -> " + std::to_string(size.outputs) : "") + (size.scale != 1 ? ", beyond f16" : "");
}

// Rows of f16 have an even number of elements.
bool fits(const Size& size, const Pattern& like) {
    return !like.stores_halves() || (size.inner % 2 == 0 && (size.outputs == 1 || size.outputs % 2 == 0));
}

bool needs(const Plan& plan, const Dispatch& wanted) {
    return std::ranges::any_of(plan.dispatches, [&](const PlannedDispatch& one) {
        return one.dispatch.kernel == wanted.kernel && one.dispatch.constants == wanted.constants;
    });
}

// The case planned for the device, if it needs what is wanted.
std::optional<GoldenCase> case_with(Made made, const Dispatch& wanted, const DeviceTraits& traits) {
    if (made.graph.nodes().empty()) return {};
    GoldenCase golden;
    golden.graph             = std::move(made.graph);
    const Graph* const graph = &golden.graph;
    add_weight_layouts(golden.layouts, {&graph, 1}, traits);
    golden.plan = make_plan(golden.graph, traits, golden.layouts);
    if (!needs(golden.plan, wanted)) return {};
    for (const auto& [name, make] : made.tensors) golden.tensors.emplace(name, make());
    return golden;
}

std::optional<GoldenCase> first_case_on(const Maker& maker, const Question& question, const Pattern& like,
                                        const Dispatch& wanted, const DeviceTraits& traits) {
    for (Size size : question)
        for (const std::uint64_t rows : maker.rows) {
            size.rows = rows;
            if (!fits(size, like)) continue;
            std::optional<GoldenCase> one = case_with(maker.make(like, size), wanted, traits);
            if (!one) continue;
            one->what = text_of(like, size);
            return one;
        }
    return std::nullopt;
}

// What is used for very many rows has to be right for a few as well.
std::optional<GoldenCase> first_case(const Maker& maker, const Question& question, const Pattern& like,
                                     const Dispatch& wanted, const DeviceTraits& traits) {
    std::optional<GoldenCase> one = first_case_on(maker, question, like, wanted, traits);
    DeviceTraits              few = traits;
    for (std::uint32_t many = traits.tuning.many_rows / 2; many > 0 && !one; many /= 2) {
        few.tuning.many_rows = many;
        one                  = first_case_on(maker, question, like, wanted, few);
    }
    return one;
}

// What is fused in small cases may be apart in the plan in question: pipelines that fuse nothing are asked for apart.
DeviceTraits traits_for(const Kernel& kernel, DeviceTraits traits) {
    for (const Variant fusing : {Variant::linear_norm, Variant::linear_append})
        if (const VariantFacts* facts = variant_of(without_texels(kernel)); !facts || facts->variant != fusing)
            traits.refused.add(fusing);
    return traits;
}

void add_numbers(GoldenCase& golden) {
    std::uint64_t seed = 10;
    for (const ValueInfo& info : golden.graph.values()) {
        if (info.kind != ValueKind::input && info.kind != ValueKind::weight) continue;
        const auto given  = golden.tensors.find(info.name);
        Tensor     tensor = given != golden.tensors.end() ? given->second : numbers(info.desc, ++seed, 1.7);
        if (info.kind == ValueKind::weight)
            golden.weights.set(info.name, std::move(tensor));
        else
            golden.tensors.insert_or_assign(info.name, std::move(tensor));
    }
    std::erase_if(golden.tensors, [&](const auto& one) { return golden.weights.find(one.first) != nullptr; });
}

std::string difference_of(const Tensor& got, const oracle::Array& wanted, double largest_nmse) {
    const std::vector<double> y      = got.doubles();
    const bool                halves = got.desc().type == Type::f16;
    const bool                exact  = got.desc().type == Type::u32;
    double                    errors = 0, squares = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double r = halves ? std::clamp(wanted.values[i], -largest_f16, largest_f16) : wanted.values[i];
        if (!exact && std::isfinite(r) && std::isfinite(y[i])) {
            errors += (y[i] - r) * (y[i] - r);
            squares += r * r;
        } else if (y[i] != r) {
            return "element " + std::to_string(i) + " is " + std::to_string(y[i]) + ", wants " + std::to_string(r);
        }
    }
    if (errors <= largest_nmse * squares) return {};
    char text[80];
    std::snprintf(text, sizeof text, "NMSE %.2g, at most %.0e", errors / squares, largest_nmse);
    return text;
}

}  // namespace

std::vector<GoldenCase> golden_cases(const Plan& plan, const PlannedDispatch& planned, const DeviceTraits& traits) {
    const Pattern           like{plan.graph, plan.graph.nodes()[planned.node]};
    const auto              maker       = std::ranges::find(makers(), like.kind(), &Maker::kind);
    const DeviceTraits      planned_for = traits_for(*planned.dispatch.kernel, traits);
    std::vector<GoldenCase> cases;
    if (maker == makers().end()) return cases;
    for (const Question& question : maker->questions) {
        std::optional<GoldenCase> one = first_case(*maker, question, like, planned.dispatch, planned_for);
        if (!one) continue;
        add_numbers(*one);
        cases.push_back(std::move(*one));
    }
    return cases;
}

std::string golden_difference(GoldenCase& golden, const std::map<std::string, Tensor>& outputs) {
    oracle::Session oracle(&golden.weights);
    for (const auto& [name, tensor] : golden.tensors) oracle.set(name, tensor);
    oracle.run(golden.graph);
    for (const auto& [name, tensor] : outputs) {
        const bool        halves = tensor.desc().type == Type::f16;
        const std::string text   = difference_of(tensor, oracle.get(name), halves ? 1e-5 : 1e-9);
        if (!text.empty()) return golden.what + ": " + name + " " + text;
    }
    return {};
}

}  // namespace attune
