// The list of variants, what lowering makes of refusals, and that there is a golden case for whatever it chooses.
#include "checks/case.h"
#include "execute/golden.h"
#include "ops/variants.h"
#include "plan/planning.h"
#include "support/test_devices.h"
#include "tuning/table.h"

#include <attune/ops.hpp>

#include <doctest/doctest.h>

#include <set>

namespace attune::test {
namespace {

DeviceTraits gpu_traits() {
    DeviceTraits traits;
    traits.name            = "gpu";
    traits.max_invocations = 1024;
    traits.max_group_size  = {1024, 1024, 64};
    traits.subgroup_size   = 64;
    return traits;
}

// A share of all rows of the op tables, planned.
template <class Look> void for_rows(std::size_t share, const Look& look) {
    std::size_t count = 0;
    for (const OpTable& table : op_tables()) {
        Rows rows;
        table.fill(rows);
        for (const Rows::Row& row : rows.all())
            if (count++ % share == 0) look(row.name, row.made());
    }
}

}  // namespace

TEST_CASE("variants are listed in their order, each kernel once") {
    std::set<const Kernel*> seen;
    for (std::size_t i = 0; i < variant_count; ++i) {
        const VariantFacts& facts = variants()[i];
        CHECK(static_cast<std::size_t>(facts.variant) == i);
        CHECK(&facts_of(facts.variant) == &facts);
        for (const Kernel* kernel : facts.kernels) {
            CHECK(seen.insert(kernel).second);
            CHECK(variant_of(*kernel) == &facts);
        }
    }
}

TEST_CASE("what is refused is in no plan, whatever else is") {
    for_rows(row_share() * 5, [](const std::string& name, const Case& row) {
        const Graph graph = rewrite(row.graph, row.options);
        for (DeviceTraits traits : {gpu_traits(), cpu_traits(4), cpu_traits(8)})
            for (std::uint32_t refused = 1; refused < 1u << variant_count; refused = refused * 2 + 1) {
                traits.refused = Variants(refused);
                if (traits.refused.has(Variant::beam_step) && name.starts_with("beam_step")) {   // nothing takes its place
                    CHECK_THROWS_AS(plan_of(graph, traits), Error);
                    continue;
                }
                for (const PlannedDispatch& one : plan_of(graph, traits).dispatches) {
                    const VariantFacts* facts = variant_of(*one.dispatch.kernel);
                    CHECK_MESSAGE((!facts || !traits.refused.has(facts->variant)), name << " on " << traits.name << " has " << one.dispatch.kernel->name);
                }
            }
    });
}

TEST_CASE("there is a golden case for every optional pipeline of the op tables") {
    std::size_t pipelines = 0, cases = 0;
    for (DeviceTraits traits : {gpu_traits(), cpu_traits(4), cpu_traits(8), small_traits(true, 1 << 16), small_traits(false, 1 << 24)}) {
        traits.max_groups = DeviceTraits{}.max_groups;
        std::set<std::pair<const Kernel*, std::vector<std::uint32_t>>> seen;
        for_rows(row_share(), [&](const std::string& name, const Case& row) {
            const Plan plan = plan_of(rewrite(row.graph, row.options), traits);
            for (const PlannedDispatch& one : plan.dispatches) {
                if (!variant_of(*one.dispatch.kernel) || !seen.emplace(one.dispatch.kernel, one.dispatch.constants).second) continue;
                const std::size_t found = golden_cases(plan, one, traits).size();
                std::string constants;
                for (const std::uint32_t constant : one.dispatch.constants) constants += " " + std::to_string(constant);
                CHECK_MESSAGE(found > 0, name << " on " << traits.name << ": " << one.dispatch.kernel->name << constants);
                ++pipelines;
                cases += found;
            }
        });
    }
    CHECK(pipelines > 20);
    MESSAGE(cases << " golden cases for " << pipelines << " pipelines");
}

// Few rows and very many: what a number of the tuning table asks many rows for has a golden case of a few.
TEST_CASE("there is a golden case for every optional pipeline that tuning may choose") {
    const auto graph_of = [](std::uint64_t rows) {
        Graph            g;
        const TensorDesc vector{Type::f32, {96}};
        const Value      x = g.input("x", {Type::f32, {rows, 96}});
        g.output("product", linear(g, x, g.weight("w", {Type::f16, {40, 96}})));
        g.output("norm", layer_norm(g, x, g.weight("gain", vector), g.weight("bias", vector)));
        const Value q = g.input("q", {Type::f32, {1, 2, rows, 64}}), k = g.input("k", {Type::f32, {1, 2, 30, 64}});
        g.output("attention", attention(g, q, k, k, {.heads = 2}));
        return g;
    };
    std::set<std::pair<const Kernel*, std::vector<std::uint32_t>>> seen;
    for (DeviceTraits traits : {gpu_traits(), cpu_traits(4), cpu_traits(8), cpu_traits(16)}) {
        const Tuning usual = traits.tuning;
        for (const TuningKnob& knob : tuning_knobs())
            for (const std::uint32_t value : knob.candidates(traits)) {
                const std::string what = std::string(knob.name) + " " + std::to_string(value);
                CAPTURE(what);
                traits.tuning             = usual;
                traits.tuning.*knob.value = value;
                for (const std::uint64_t rows : {1u, 6u, 12u, 20u, 40u, 100u, 300u, 600u, 5000u}) {
                    const Plan plan = plan_of(graph_of(rows), traits);
                    for (const PlannedDispatch& one : plan.dispatches) {
                        if (!variant_of(*one.dispatch.kernel)) continue;
                        if (!seen.emplace(one.dispatch.kernel, one.dispatch.constants).second) continue;
                        const std::vector<GoldenCase> cases = golden_cases(plan, one, traits);
                        CHECK_MESSAGE(!cases.empty(), rows << " rows: " << one.dispatch.kernel->name);
                        for (const GoldenCase& golden : cases)
                            for (const auto& [name, tensor] : golden.tensors) CHECK(tensor.desc().bytes() < 3u << 20);
                    }
                }
            }
    }
    CHECK(seen.size() > 20);
}

}  // namespace attune::test
