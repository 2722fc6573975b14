// Devices that compute wrong: mistakes planted into kernels are found by golden cases, and what is wrong is not used.
#include "execute/qualification.h"

#include "graph/op.h"
#include "checks/numbers.h"
#include "ops/variants.h"
#include "plan/rewrite.h"
#include "qualification/mutants.h"
#include "support/expect_error.h"
#include "support/same_translations.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"
#include "support/vulkan_shim.h"

#include <attune/ops.hpp>
#include <attune/oracle.hpp>
#include <attune/qualification.hpp>
#include <attune/session.hpp>
#include <attune/translator.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

namespace attune::test {
namespace {

Graph product(const Asks& a) {
    Graph         g;
    const Value   x = g.input("x", {a.result, {a.rows, 64}});
    LinearOptions options{.bias = g.weight("bias", {Type::f32, {a.outputs}}), .residual = g.input("residual", {Type::f32, {a.rows, a.outputs}}),
                          .activation = Activation::gelu, .type = a.result};
    g.output("y", linear(g, x, g.weight("w", {a.weight, {a.outputs, 64}}), options));
    return g;
}

Graph normed(const Asks& a) {
    Graph            g;
    const TensorDesc vector{Type::f32, {a.outputs}};
    const Value      sum = linear(g, g.input("x", {a.result, {a.rows, 64}}), g.weight("w", {a.weight, {a.outputs, 64}}), {.residual = g.input("residual", {Type::f32, {a.rows, a.outputs}})});
    g.output("y", layer_norm(g, sum, g.weight("gain", vector), g.weight("shift", vector)));
    return rewrite(g, {.precision = Precision::f32});
}

Graph appended(const Asks& a) {
    Graph            g;
    const TensorDesc cache{a.result, {a.rows, 4, 9, 16}};
    const Value      x = g.input("x", {Type::f32, {a.rows, 1, 64}});
    const auto       project = [&](const char* name) { return linear(g, x, g.weight(name, {a.weight, {64, 64}})); };
    const Value      key = project("key"), value = project("value");
    kv_append(g, {g.state("keys", cache), g.state("values", cache)}, key, value, g.input("position", {Type::u32, {a.rows}}));
    return rewrite(g, {.precision = Precision::f32});
}

Graph shortlist(const Asks& a) {
    Graph g;
    g.output("y", linear_chosen(g, g.input("x", {Type::f32, {a.rows, 64}}), g.weight("w", {a.weight, {100, 64}}), g.input("ids", {Type::u32, {1, 30}}),
                                g.weight("bias", {Type::f32, {100}})));
    return g;
}

Graph attend(const Asks& a) {
    Graph            g;
    AttentionOptions options{.heads = 4, .key_value_heads = 2, .causal = a.causal};
    if (a.lengths) options.lengths = g.input("lengths", {Type::u32, {2}});
    const Value q = g.input("q", {Type::f32, {2, 4, a.rows, 64}}), k = g.input("k", {Type::f32, {2, 2, a.keys, 64}}), v = g.input("v", {Type::f32, {2, 2, a.keys, 64}});
    g.output("y", a.op == Asks::staged ? attention_staged(g, q, k, v, options).output : attention(g, q, k, v, options));
    return g;
}

Graph search(const Asks& a) {
    Graph               g;
    const std::uint64_t rows = 2 * a.rows, k = a.marian ? a.rows : 2 * a.rows;
    const auto          state = [&](const char* name, const Shape& shape) { return g.state(name, {Type::u32, shape}); };
    BeamStepOptions     options{.beams = a.rows, .rules = a.marian ? BeamRules::marian : BeamRules::transformers, .early_stopping = a.early};
    if (a.shortlist) options.chosen = g.input("chosen", {Type::u32, {2, 20}});
    beam_step(g, {g.input("ids", {Type::u32, {rows, k}}), g.input("logs", {Type::f32, {rows, k}})}, g.input("rules", {Type::u32, {9}}),
              {state("tokens", {rows, 1}), state("parents", {rows}), state("search", {3, 6 + 2 * a.rows}), state("history", {rows, 8, 2 * k + 2})}, options);
    return g;
}

Graph lists(const Asks& a) {
    Graph                g;
    std::optional<Value> banned;
    if (a.banned) banned = g.input("banned", {Type::u32, {3, 4}});
    g.output("ids", top_k(g, g.input("x", {Type::f32, {3, 100}}), a.width, banned, a.left_out ? Banned::left_out : Banned::counted).ids);
    return g;
}

Graph cells(const Asks& a) {
    Graph            g;
    const TensorDesc rows{Type::f32, {2 * a.rows, 10}};
    const SsruOptions options{.parents = g.input("parents", {Type::u32, {2 * a.rows}}), .position = {}, .beams = a.rows, .type = a.result};
    g.output("y", ssru(g, g.state("cell", rows), g.input("forget", rows), g.input("candidate", rows), options).output);
    return g;
}

Graph graph_for(const Asks& a) {
    switch (a.op) {
    case Asks::product: return product(a);
    case Asks::normed: return normed(a);
    case Asks::appended: return appended(a);
    case Asks::chosen: return shortlist(a);
    case Asks::attend:
    case Asks::staged: return attend(a);
    case Asks::search: return search(a);
    case Asks::lists: return lists(a);
    case Asks::cells: return cells(a);
    default: break;
    }
    Graph            g;
    const TensorDesc vector{Type::f32, {a.width}};
    const Value      x = g.input("x", {Type::f32, {40, a.width}});
    g.output("y", a.op == Asks::weights ? softmax(g, x) : layer_norm(g, x, g.weight("gain", vector), g.weight("bias", vector)));
    return g;
}

struct Planned {
    WeightLayouts layouts;
    Plan          plan;
};

Planned planned(const Graph& graph, const DeviceTraits& traits) {
    Planned            result;
    const Graph* const one = &graph;
    add_weight_layouts(result.layouts, {&one, 1}, traits);
    result.plan = make_plan(graph, traits, result.layouts);
    return result;
}

// The first dispatch of a kernel, with as many variants refused as it takes for it to be chosen.
struct Found {
    Planned                planned_graph;
    const PlannedDispatch* dispatch = nullptr;
    DeviceTraits           traits;
};

Found find(const Graph& graph, DeviceTraits traits, const Kernel& kernel) {
    Found found;
    traits.tuning.product_rows = 16;   // tuning may choose any height
    for (const std::uint32_t refused : {0u, 1u << static_cast<unsigned>(Variant::texel_loads), (1u << variant_count) - 1}) {
        traits.refused      = Variants(refused);
        found.planned_graph = planned(graph, traits);
        found.traits        = traits;
        for (const PlannedDispatch& one : found.planned_graph.plan.dispatches)
            if (one.dispatch.kernel == &kernel) {
                found.dispatch = &one;
                return found;
            }
    }
    return found;
}

DeviceCaps caps_for(const Asks& asks) { return {.treat = asks.gpu ? DeviceCaps::Treat::as_gpu : DeviceCaps::Treat::as_it_is}; }

// The first golden case that a kernel fails on a device, "" if it fails none; nullopt if no plan has the kernel.
std::optional<std::string> first_fault(const Device& device, const Mutant& mutant) {
    const Kernel& kernel = kernel_called(mutant.kernel);
    const Found   found  = find(graph_for(mutant.asks), device.context()->traits(), kernel);
    if (!found.dispatch) return std::nullopt;
    std::vector<GoldenCase> cases = golden_cases(found.planned_graph.plan, *found.dispatch, found.traits);
    REQUIRE(!cases.empty());
    for (GoldenCase& golden : cases)
        if (std::string what = golden_difference(golden, run_golden(device.context(), golden)); !what.empty()) return what;
    return "";
}

Device opened(VulkanShim& shim, const DeviceCaps& caps, bool qualified) {
    return Device::open({.select = "", .caps = caps, .get_instance_proc = shim.get_instance_proc(), .qualify = qualified});
}

// A product with its numbers, and whether a device's result is the oracle's.
struct Product {
    Graph                         graph = product({});
    WeightMap                     weights;
    std::map<std::string, Tensor> inputs;

    Product() {
        for (const ValueInfo& info : graph.values()) {
            if (info.kind == ValueKind::temporary) continue;
            Random random(info.name);
            Tensor tensor = random_tensor(info.desc, random);
            if (info.kind == ValueKind::weight) weights.set(info.name, tensor);
            else inputs.emplace(info.name, tensor);
        }
    }

    std::string wrong(Session& session, const Program& program) {
        oracle::Session oracle(&weights);
        for (const auto& [name, tensor] : inputs) oracle.set(name, tensor), session.set(name, tensor);
        oracle.run(graph);
        session.run(program);
        return difference(session.get("y"), oracle.get("y"), 1e-9);
    }
};

}  // namespace

TEST_CASE("mistakes are such that the shaders can make them") {
    for (const Mutant& mutant : mutants()) CHECK_MESSAGE(applies(mutant), mutant.file << " does not say \"" << mutant.right << "\"");
}

TEST_CASE("golden cases find mistakes that are planted into kernels") {
    const MutantCompiler compiler;
    std::size_t          caught = 0, tried = 0;
    const std::size_t    share = row_share();
    CHECK(mutants().size() >= 30);
    for (std::size_t i = share / 2; i < mutants().size(); i += share) {
        const Mutant& mutant = mutants()[i];
        const std::string what = std::string(mutant.kernel) + ": " + mutant.what;
        CAPTURE(what);
        const auto                       start = std::chrono::steady_clock::now();
        const std::vector<std::uint32_t> words = compiler.compile(mutant);
        const Kernel&                    kernel = kernel_called(mutant.kernel);
        VulkanShim                       shim;
        const auto right = first_fault(opened(shim, caps_for(mutant.asks), false), mutant);
        REQUIRE(right.has_value());
        CHECK(*right == "");
        shim.shader = in_place_of(kernel, words);
        const auto wrong = first_fault(opened(shim, caps_for(mutant.asks), false), mutant);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        REQUIRE(wrong.has_value());
        CHECK_MESSAGE(*wrong != "", "nothing was found");
        MESSAGE(what << " -> " << *wrong << " (" << seconds.count() << " s)");
        caught += !wrong->empty();
        ++tried;
    }
    CHECK(caught == tried);
    MESSAGE(caught << " of " << tried << " mistakes found, of " << mutants().size() << " that there are");
}

TEST_CASE("a device whose searches go wrong takes one step per wait, and one that was not asked is found out") {
    constexpr Mutant mutant{"the worst of equals", "beam_step_4", "ops/beam_step.comp", "sum > best.sum", "sum < best.sum", {}};
    const std::vector<std::uint32_t> words  = MutantCompiler().compile(mutant);
    const Kernel&                    kernel = kernel_called(mutant.kernel);
    VulkanShim                       shim;
    shim.shader = in_place_of(kernel, words);
    const TemporaryFolder folder;
    write_tiny_model(folder, {{"num_beams", 3}});
    const std::vector<std::string> lines = {tiny_text(3, 1), tiny_text(9, 2), tiny_text(14, 3)};
    const Device                   device = opened(shim, {}, true);
    Translator                     fallen_back(device, folder.path());
    const auto                     translations = fallen_back.translate(lines);
    REQUIRE(refused_variants(device).size() == 1);
    CHECK(refused_variants(device)[0].name == "beam_step");
    CHECK(fallen_back.stats().host_waits >= fallen_back.stats().decoder_steps + fallen_back.stats().encoder_runs);
    check_same(translations, Translator(main_device(), folder.path()).translate(lines));

    Translator believing(opened(shim, {}, false), folder.path());
    expect_error(Status::device_failed, {"another token"}, [&] { believing.translate(lines); });
}

TEST_CASE("a variant that computes wrong is refused, named, and replaced") {
    const MutantCompiler             compiler;
    const std::vector<std::uint32_t> words  = compiler.compile(rows_swapped);
    const Kernel&                    kernel = kernel_called(rows_swapped.kernel);
    VulkanShim                       shim;
    shim.shader = in_place_of(kernel, words);
    Product      product;
    const auto   program_on = [&](const Device& device, const auto& check) {
        Session       session(device, Weights(device, product.weights, {&product.graph, 1}, {.fuse = false}));
        const Program program = session.prepare(product.graph);
        check(session, program);
    };

    SUBCASE("where devices are qualified") {
        const Device device = opened(shim, {}, true);
        CHECK(refused_variants(device).empty());
        program_on(device, [&](Session& session, const Program& program) {
            CHECK(program.text().find("texels") == std::string::npos);
            CHECK(program.text().find("shared_8") != std::string::npos);
            CHECK(product.wrong(session, program) == "");
        });
        REQUIRE(refused_variants(device).size() == 1);
        CHECK(refused_variants(device)[0].name == "texel_loads");
        CHECK(refused_variants(device)[0].instead == "storage buffers");
        CHECK(refused_variants(device)[0].why.find("linear_registers_8_shared_8_texels") == 0);
        CHECK(device.report().find("linear_registers_8_shared_8_texels") != std::string::npos);
    }
    SUBCASE("and what takes its place, where that is wrong too") {
        constexpr Mutant plain{"wrong half of a panel", "linear_registers_8_shared_8", "ops/linear_registers.comp", "output_ % PANEL / 8u", "0u", {}};
        const auto       other = compiler.compile(plain);
        shim.shader = [&](std::span<const std::uint32_t> given) {
            const auto first = in_place_of(kernel, words)(given);
            return first.empty() ? in_place_of(kernel_called(plain.kernel), other)(given) : first;
        };
        const Device device = opened(shim, {}, true);
        program_on(device, [&](Session& session, const Program& program) {
            CHECK(program.text().find("shared_8") == std::string::npos);
            CHECK(program.text().find("shared_4_texels") == std::string::npos);
            CHECK(program.text().find("shared_4") != std::string::npos);
            CHECK(product.wrong(session, program) == "");
        });
        REQUIRE(refused_variants(device).size() == 2);
        CHECK(refused_variants(device)[0].name == "texel_loads");
        CHECK(refused_variants(device)[1].name == "linear_shared_8");
        CHECK(refused_variants(device)[1].instead == "linear_shared_4");
    }
    SUBCASE("not where they are not") {
        const Device device = opened(shim, {}, false);
        program_on(device, [&](Session& session, const Program& program) {
            CHECK(program.text().find("shared_8_texels") != std::string::npos);
            CHECK(product.wrong(session, program) != "");
        });
        CHECK(refused_variants(device).empty());
    }
    SUBCASE("where somebody asks") {
        const Device device  = opened(shim, {}, false);
        const auto   refused = qualify(device);
        REQUIRE(refused.size() == 1);
        CHECK(refused[0].name == "texel_loads");
    }
}

TEST_CASE("a device without room for golden cases goes on, and tries again") {
    Product      product;
    const Device device = Device::open({.select = "", .caps = {.device_memory = 200'000}});
    Session       session(device, Weights(device, product.weights, {&product.graph, 1}, {.fuse = false}));
    const Program program = session.prepare(product.graph);
    CHECK(product.wrong(session, program) == "");
    CHECK(refused_variants(device).empty());
    CHECK(device.report().find("\"passed\": 0") != std::string::npos);
}

TEST_CASE("the right kernels pass") {
    const Device device = Device::open({.select = "", .caps = profile_caps()});
    const auto   start  = std::chrono::steady_clock::now();
    for (const RefusedVariant& one : qualify(device)) FAIL_CHECK(one.name << ": " << one.why);
    const auto first = std::chrono::steady_clock::now();
    const std::uint64_t objects = device.objects_created();
    qualify(device);
    CHECK(device.objects_created() == objects);   // what has passed is not asked again
    MESSAGE("all variants in " << std::chrono::duration<double>(first - start).count() << " s");
}

}  // namespace attune::test
