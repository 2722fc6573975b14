// Every kernel against the dispatches that ops make of it: bindings and how they are accessed, push
// constants, specialization constants, and what a workgroup takes of the device.
#include "kernels/kernels.h"
#include "graph/op.h"
#include "plan/planning.h"
#include "support/spirv_module.h"

#include <doctest/doctest.h>

#include <set>

namespace attune::test {
namespace {

const SpirvModule& module_of(const Kernel& kernel) {
    static std::map<const Kernel*, SpirvModule> modules;
    return modules.try_emplace(&kernel, kernel.spirv).first->second;
}

// "" or how a dispatch and its kernel disagree.
std::string disagreement(const Dispatch& dispatch, const DeviceTraits& traits) {
    const SpirvModule& module = module_of(*dispatch.kernel);
    for (const auto& [index, used] : module.bindings()) {
        const std::string at = "binding " + std::to_string(index);
        if (index >= dispatch.bindings.size()) return at + " is used, but not bound";
        const auto access = static_cast<unsigned>(dispatch.bindings[index].access);
        if (used.written && !(access & static_cast<unsigned>(Access::write))) return at + " may be written, but is bound to be read";
        if (used.read && !(access & static_cast<unsigned>(Access::read))) return at + " may be read, but is bound to be written";
        if (!used.written && (access & static_cast<unsigned>(Access::write))) return at + " is bound to be written, but cannot be";
        if (used.texels != (dispatch.bindings[index].texel_bytes > 0)) return at + (used.texels ? " is read as texels, but bound as a storage buffer" : " is bound as texels, but a storage buffer");
        if (!used.read && (access & static_cast<unsigned>(Access::read))) return at + " is bound to be read, but cannot be";
    }
    if (module.bindings().empty() || module.bindings().rbegin()->first + 1 != dispatch.bindings.size()) return "bindings are bound that the kernel does not have";
    if (module.push_bytes() != dispatch.push.size())
        return "push constants have " + std::to_string(dispatch.push.size()) + " bytes, the kernel wants " + std::to_string(module.push_bytes());
    for (const std::uint32_t id : module.constants())
        if (id >= dispatch.constants.size()) return "specialization constant " + std::to_string(id) + " is not set";

    const SpirvModule::Workgroup group = module.workgroup(dispatch.constants);
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (group.size[axis] == 0 || group.size[axis] > traits.max_group_size[axis]) return "a workgroup is " + std::to_string(group.size[axis]) + " long in axis " + std::to_string(axis);
    const std::uint64_t lanes = group.size[0] * group.size[1] * group.size[2];
    if (lanes > traits.max_invocations) return "a workgroup has " + std::to_string(lanes) + " lanes";
    if (group.shared_bytes > traits.shared_memory) return "a workgroup has " + std::to_string(group.shared_bytes) + " bytes of shared memory";
    return {};
}

std::vector<DeviceTraits> kernel_traits() {
    DeviceTraits few = cpu_traits(4);   // fewer lanes than a workgroup would like
    few.name = "few lanes";
    few.max_invocations = 2;
    few.max_group_size = {2, 2, 2};
    DeviceTraits many;
    many.name = "many lanes";
    many.max_invocations = 1024;
    many.max_group_size = {1024, 1024, 64};
    many.subgroup_size = 64;
    DeviceTraits little;   // bindings that hold less than the keys of a head
    little.name = "little bindings";
    little.max_binding = 8192;
    const auto a_hosts = [](std::uint32_t lanes) {   // whose buffers are storage buffers
        DeviceTraits traits = cpu_traits(lanes);
        traits.max_texels = 0;
        return traits;
    };
    const auto tall = [](DeviceTraits traits) {   // as tuning may choose
        traits.tuning.product_rows = 16;
        return traits;
    };
    return {a_hosts(4), a_hosts(8), tall(a_hosts(8)), tall(cpu_traits(8)), DeviceTraits{}, many, little, cpu_traits(1), cpu_traits(4), cpu_traits(8), cpu_traits(16), cpu_traits(32), few};
}

// Graphs that between them need each kernel: sizes on both sides of every choice that ops make.
std::vector<Graph> graphs_for_all_kernels() {
    std::vector<Graph> graphs;
    for (const std::uint64_t rows : {1u, 3u, 7u, 12u, 40u, 100u})
        for (const bool epilogue : {false, true}) {
            Graph            g;
            const TensorDesc x{Type::f32, {rows, 36}};
            LinearOptions    options{.activation = epilogue ? Activation::gelu : Activation::none};
            if (epilogue) options.bias = g.weight("bias", {Type::f32, {50}}), options.residual = g.input("residual", {Type::f32, {rows, 50}});
            const Value y = linear(g, g.input("x", x), g.weight("w", {epilogue ? Type::f16 : Type::f32, {50, 36}}), options);
            for (const std::uint64_t k : {1u, 5u, 12u, 30u}) g.output("best" + std::to_string(k), top_k(g, y, k).ids);
            graphs.push_back(std::move(g));
        }
    for (const std::uint64_t rows : {1u, 3u, 7u, 12u}) {
        Graph            g;
        const TensorDesc vector{Type::f32, {52}}, matrix{Type::f32, {52, 52}}, cache{Type::f32, {rows, 13, 5, 4}};
        const Value      x = g.input("x", {Type::f32, {rows, 1, 52}}), gain = g.weight("gain", vector);
        const Value      sum = linear(g, x, g.weight("w", matrix), {.residual = g.input("residual", {Type::f32, {rows, 1, 52}})});
        const Value      normal = layer_norm(g, sum, gain, gain), key = linear(g, normal, g.weight("k", matrix)), value = linear(g, normal, g.weight("v", matrix));
        g.output("y", normal);
        kv_append(g, {g.state("keys", cache), g.state("values", cache)}, key, value, g.input("position", {Type::u32, {rows}}));
        for (int turn = 0; turn < 3; ++turn) graphs.push_back(g);   // not all of them are fused
    }
    for (const std::uint64_t size : {7u, 32u, 64u, 100u, 256u})
        for (const std::uint64_t queries : {1u, 40u})
            for (const bool blocks : {false, true}) {
                Graph            g;
                const TensorDesc heads{Type::f32, {blocks ? 1u : 2u, 3, queries, size}}, cache{Type::f32, {blocks ? 1u : 2u, 3, 50, size}};
                AttentionOptions options{.heads = 3, .causal = queries > 1, .block_rows = queries == 1 ? 1u : 8u, .keys_per_query = 50};
                if (blocks) options.blocks = g.control("blocks", {Type::u32, {4, 5}});
                const Value q = g.input("q", heads), k = g.state("k", cache), v = g.state("v", cache);
                g.output("fused", attention(g, q, k, v, options));
                g.output("staged", attention_staged(g, q, k, v, options).output);
                graphs.push_back(std::move(g));
            }
    for (const std::uint64_t size : {7u, 64u, 100u, 256u}) {   // keys in slices
        Graph            g;
        const TensorDesc cache{Type::f32, {2, 3, 600, size}};
        g.output("fused", attention(g, g.input("q", {Type::f32, {2, 3, 1, size}}), g.state("k", cache), g.state("v", cache), {.heads = 3}));
        graphs.push_back(std::move(g));
    }
    return graphs;
}

Graph graph_of_books() {
    Graph       g;
    const Value ancestors = g.state("ancestors", {Type::u32, {8, 30}}), position = g.state("position", {Type::u32, {8}}), indices = g.control("indices", {Type::u32, {5}});
    reorder_ancestors(g, ancestors, g.control("parents", {Type::u32, {8}}), position, 4);
    keep_rows(g, g.state("ancestors", {Type::u32, {8, 30}}), indices, Renumber::yes);
    advance(g, position);
    return g;
}

Graph graph_of_searches(std::uint64_t beams, bool shortlist) {
    Graph               g;
    const std::uint64_t rows = 3 * beams, k = 2 * beams;
    const auto          state = [&](const char* name, const Shape& shape) { return g.state(name, {Type::u32, shape}); };
    BeamStepOptions     options{.beams = beams};
    if (shortlist) options.chosen = g.control("chosen", {Type::u32, {3, 20}});
    beam_step(g, top_k(g, g.input("logits", {Type::f32, {rows, 20}}), k), g.control("rules", {Type::u32, {9}}),
              {state("tokens", {rows, 1}), state("parents", {rows}), state("search", {4, 6 + 2 * beams}), state("history", {rows, 8, 2 * k + 2})}, options);
    return g;
}

// Rows, panels and sentences that are longer than a small binding.
Graph graph_of_long_rows() {
    Graph            g;
    const TensorDesc wide{Type::f32, {20'000}};
    const Value      x = g.input("x", {Type::f32, {3, 20'000}});
    g.output("softmax", softmax(g, x));
    g.output("norm", layer_norm(g, x, g.weight("gain", wide), g.weight("bias", wide)));
    g.output("y", linear(g, x, g.weight("w", {Type::f32, {70, 20'000}})));
    g.output("ids", top_k(g, x, 30).ids);
    const Value ancestors = g.state("ancestors", {Type::u32, {100, 300}}), position = g.state("position", {Type::u32, {64}});
    reorder_ancestors(g, ancestors, g.control("parents", {Type::u32, {64}}), position, 64);
    keep_rows(g, g.state("memory", {Type::u32, {9, 20'000}}), g.control("kept", {Type::u32, {4}}));
    const TensorDesc cache{Type::f32, {64, 2, 300, 32}};
    g.output("mixed", attention(g, g.input("query", {Type::f32, {64, 1, 64}}), g.state("keys", cache), g.state("values", cache),
                                {.heads = 2, .lengths = position, .ancestors = g.state("ancestors", {Type::u32, {100, 300}})}));
    return g;
}

}  // namespace

TEST_CASE("dispatches agree with their kernels, and every kernel is used") {
    std::vector<Graph> graphs = graphs_for_all_kernels();
    graphs.push_back(graph_of_books());
    for (const bool shortlist : {false, true})
        for (const std::uint64_t beams : {1u, 2u, 7u}) graphs.push_back(graph_of_searches(beams, shortlist));
    for (std::uint64_t seed = 0; seed < 120; ++seed) graphs.push_back(random_example(planned_graph(seed)).graph);

    std::set<const Kernel*> unused(kernels::all().begin(), kernels::all().end());
    std::size_t             dispatches = 0;
    const auto              check_plan = [&](const Graph& graph, const DeviceTraits& traits) {
        for (const PlannedDispatch& planned : plan_of(graph, traits).dispatches) {
            const std::string kernel(planned.dispatch.kernel->name);
            CAPTURE(kernel);
            CAPTURE(traits.name);
            CAPTURE(traits.subgroup_size);
            CHECK(disagreement(planned.dispatch, traits) == "");
            unused.erase(planned.dispatch.kernel);
            ++dispatches;
        }
    };
    for (const DeviceTraits& traits : kernel_traits())
        for (std::size_t g = 0; g < graphs.size(); ++g)
            for (const Precision precision : {Precision::f32, Precision::f16, Precision::int8}) {
                if (g % 2 && precision != Precision::f32) continue;
                if (traits.max_binding < 1u << 20 && g % 5) continue;   // each makes thousands of dispatches there
                check_plan(rewrite(graphs[g], {.precision = precision, .fuse = g % 3 > 0}), traits);
            }
    for (const bool is_cpu : {false, true}) check_plan(graph_of_long_rows(), small_traits(is_cpu, 1 << 16));
    CHECK(dispatches > 10'000);
    for (const Kernel* kernel : unused) {
        const std::string name(kernel->name);
        if (name.starts_with("roof_")) continue;   // measure devices; tests/execute/roofs.cpp
        if (name == "gate") continue;              // between runs; tests/execute/repeats.cpp
        CAPTURE(name);
        FAIL_CHECK("no dispatch uses this kernel");
    }
}

TEST_CASE("kernels stay within the floor of Vulkan") {
    std::set<std::string> names;
    for (const Kernel* kernel : kernels::all()) {
        const std::string name(kernel->name);
        CAPTURE(name);
        CHECK(names.insert(name).second);
        const SpirvModule& module = module_of(*kernel);
        CHECK(module.push_bytes() <= 128);
        CHECK(module.bindings().size() <= 16);
        const SpirvModule::Workgroup group = module.workgroup({});
        CHECK(group.size[0] * group.size[1] * group.size[2] <= 128);
        CHECK(group.shared_bytes <= 16384);
        bool writes = false;
        for (const auto& [index, binding] : module.bindings()) writes = writes || binding.written;
        CHECK(writes);
    }
}

TEST_CASE("what is no SPIR-V is refused") {
    const std::uint32_t cut[] = {0x07230203, 0x00010300, 0, 8, 0, 0x00040047, 1};
    CHECK_THROWS(SpirvModule(std::span<const std::uint32_t>{}));
    CHECK_THROWS(SpirvModule(std::vector<std::uint32_t>(8, 7)));
    CHECK_THROWS(SpirvModule{cut});
}

}  // namespace attune::test
