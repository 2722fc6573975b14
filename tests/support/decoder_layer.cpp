#include "support/decoder_layer.h"

#include "checks/numbers.h"

#include <attune/ops.hpp>

namespace attune::test {
namespace {

constexpr std::uint64_t heads = 4;

}  // namespace

Graph decoder_layer_step(std::uint64_t capacity) {
    Graph      g;
    const auto project = [&](const std::string& name, Value x) {
        return linear(g, x, g.weight(name, {Type::f32, {layer_width, layer_width}}),
                      {.bias = g.weight(name + ".bias", {Type::f32, {layer_width}})});
    };
    const Value  x        = g.input("x", {Type::f32, {layer_batch, 1, layer_width}});
    const Value  position = g.state("position", {Type::u32, {layer_batch}});
    const Shape  cache{layer_batch, heads, capacity, layer_width / heads};
    const auto   split = [&](const char* name) { return split_heads(g, project(name, x), heads); };
    const Value  query = split("q");
    const Value  key = split("k"), value = split("v");
    const Caches caches = kv_append(g, {g.state("keys", {Type::f32, cache}), g.state("values", {Type::f32, cache})},
                                    key, value, position);
    const Value  mixed  = merge_heads(
          g, attention(g, query, caches.key, caches.value, {.heads = heads, .lengths = position, .lengths_offset = 1}));
    g.output("y", layer_norm(g, project("out", mixed), g.weight("gain", {Type::f32, {layer_width}}),
                             g.weight("norm.bias", {Type::f32, {layer_width}}), {.residual = x}));
    advance(g, position);
    return g;
}

WeightMap decoder_layer_weights() {
    const Graph graph = decoder_layer_step();
    WeightMap   map;
    Random      random("weights of a decoder layer");
    for (const ValueInfo& info : graph.values())
        if (info.kind == ValueKind::weight) map.set(info.name, random_tensor(info.desc, random, 0.2));
    return map;
}

Tensor decoder_layer_token(int step) {
    Random random("token " + std::to_string(step));
    return random_tensor({Type::f32, {layer_batch, 1, layer_width}}, random);
}

}  // namespace attune::test
