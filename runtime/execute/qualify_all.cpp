// All variants of a device at once: graphs on both sides of every choice that lowering makes.
#include "execute/qualification.h"
#include "plan/rewrite.h"
#include "vulkan/quarantine.h"

#include <attune/ops.hpp>
#include <attune/qualification.hpp>

namespace attune {
namespace {

Graph products(std::uint64_t rows, Type weight) {
    Graph       g;
    const Value x = g.input("x", {Type::f32, {2 * rows, 36}}), w = g.weight("w", {weight, {52, 36}});
    g.output("y",
             linear(g, g.input("rows", {Type::f32, {rows, 36}}), w, {.bias = g.weight("bias", {Type::f32, {52}})}));
    const Value sum = linear(g, g.input("more", {Type::f32, {rows, 36}}), w,
                             {.residual = g.input("residual", {Type::f32, {rows, 52}})});
    g.output("normal", layer_norm(g, sum, g.weight("gain", {Type::f32, {52}}), g.weight("shift", {Type::f32, {52}})));
    g.output("chosen", linear_chosen(g, x, w, g.input("ids", {Type::u32, {2, 20}})));
    return rewrite(g, {.precision = Precision::f32});
}

Graph appends(std::uint64_t batches, Type weight, Type cache) {
    Graph            g;
    const TensorDesc rows{cache, {batches, 2, 5, 8}};
    const Value      x       = g.input("x", {Type::f32, {batches, 1, 36}});
    const auto       project = [&](const char* name) { return linear(g, x, g.weight(name, {weight, {16, 36}})); };
    const Value      key = project("key"), value = project("value");
    kv_append(g, {g.state("keys", rows), g.state("values", rows)}, key, value,
              g.input("position", {Type::u32, {batches}}));
    return rewrite(g, {.precision = Precision::f32});
}

Graph rows(Type type) {
    Graph            g;
    const TensorDesc vector{Type::f32, {70}};
    const Value x = g.input("x", {type, {40, 70}}), gain = g.weight("gain", vector), bias = g.weight("bias", vector);
    g.output("plain", softmax(g, layer_norm(g, x, gain, bias)));
    g.output("residual", layer_norm(g, x, gain, bias, {.residual = g.input("residual", {type, {40, 70}})}));
    return g;
}

Graph attentions(std::uint64_t queries, std::uint64_t size, Type type) {
    Graph            g;
    AttentionOptions options{.heads = 2};
    options.lengths = g.input("lengths", {Type::u32, {2}});
    const Value q = g.input("q", {type, {2, 2, queries, size}}), k = g.input("k", {type, {2, 2, 40, size}}),
                v = g.input("v", {type, {2, 2, 40, size}});
    g.output("fused", attention(g, q, k, v, options));
    g.output("staged", attention_staged(g, q, k, v, options).output);
    return g;
}

// The best tokens of each row, and cells that move with their beam.
Graph beams(std::uint64_t count, Banned banned) {
    Graph            g;
    const TensorDesc cells{Type::f32, {2 * count, 10}}, books{Type::u32, {2 * count}};
    g.output("ids", top_k(g, g.input("x", {Type::f32, {2 * count, 100}}), 2 * count,
                          g.input("banned", {Type::u32, {2 * count, 4}}), banned)
                        .ids);
    const SsruOptions options{
        .parents = g.input("parents", books), .position = g.input("position", books), .beams = count};
    g.output("y", ssru(g, g.state("cell", cells), g.input("f", cells), g.input("c", cells), options).output);
    return g;
}

Graph searches(std::uint64_t beams) {
    Graph               g;
    const std::uint64_t rows = 2 * beams, k = 2 * beams;
    const auto          state = [&](const char* name, const Shape& shape) { return g.state(name, {Type::u32, shape}); };
    beam_step(g, {g.input("ids", {Type::u32, {rows, k}}), g.input("logs", {Type::f32, {rows, k}})},
              g.input("rules", {Type::u32, {9}}),
              {state("tokens", {rows, 1}), state("parents", {rows}), state("search", {3, 6 + 2 * beams}),
               state("history", {rows, 8, 2 * k + 2})},
              {.beams = beams});
    return g;
}

std::vector<Graph> graphs_of_all_variants() {
    std::vector<Graph> graphs;
    for (const Type weight : {Type::f32, Type::f16, Type::i8})
        for (const std::uint64_t count : {1u, 3u, 7u, 12u, 70u}) {
            graphs.push_back(products(count, weight));
            graphs.push_back(appends(count, weight, weight == Type::f16 ? Type::f16 : Type::f32));
        }
    for (const Type type : {Type::f32, Type::f16}) {
        graphs.push_back(rows(type));
        for (const std::uint64_t queries : {1u, 35u})
            for (const std::uint64_t size : {64u, 128u}) graphs.push_back(attentions(queries, size, type));
    }
    for (const Banned banned : {Banned::counted, Banned::left_out}) graphs.push_back(beams(12, banned));
    for (const std::uint64_t count : {4u, 12u}) graphs.push_back(searches(count));
    return graphs;
}

}  // namespace

std::vector<RefusedVariant> qualify(const Device& device) {
    const std::shared_ptr<Device::Context>& context = device.context();
    for (const Graph& graph : graphs_of_all_variants()) {
        WeightLayouts      layouts;
        const Graph* const one = &graph;
        add_weight_layouts(layouts, {&one, 1}, context->traits());
        try {
            qualified_plan(context, graph, layouts, When::always);
        } catch (const Error&) {  // nothing takes the place of searches on the device
            if (!context->quarantine().refused().has(Variant::beam_step)) throw;
        }
    }
    return refused_variants(device);
}

}  // namespace attune
