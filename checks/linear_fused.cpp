// Products with what `rewrite` puts behind them: a norm of their rows, and keys and values that go into caches.
#include "checks/case.h"

namespace attune::test {
namespace {

struct Normed {
    std::uint64_t rows, inputs, outputs;
};

// Rows on both sides of every kernel's height; rows of y that lanes share evenly, and not; that are too long for a kernel
// that holds them, for a walk, and for a small binding; widths that are no fours.
constexpr Normed normed[] = {{1, 64, 256},  {1, 33, 4},    {2, 36, 60},    {3, 257, 12},  {4, 31, 92},   {5, 64, 130},  {7, 512, 512}, {8, 20, 1024}, {9, 34, 28},
                             {12, 48, 36},  {16, 96, 100}, {17, 65, 132},  {31, 40, 284}, {33, 7, 33},   {64, 32, 64},  {70, 16, 68},  {257, 12, 20}, {2, 8, 1028},
                             {19, 4, 2052}, {3, 4, 6000},  {1, 8192, 128}, {40, 2052, 36}, {2, 20'011, 20}, {3, 6, 20'012}};

struct NormedVariant {
    bool        bias;
    Activation  activation;
    Type        x, weight;
    double      mean;   // of the residual: large ones lose digits where squares are added up
    const char* name;
};
constexpr NormedVariant normed_variants[] = {{true, Activation::none, Type::f32, Type::f32, 0, ""},
                                             {false, Activation::silu, Type::f32, Type::f32, 100, " silu, far from 0"},
                                             {true, Activation::none, Type::f16, Type::f16, 5, ", f16"}};

Case normed_case(const Normed& s, const NormedVariant& v, Random& random) {
    Case c;
    c.options.fuse   = true;
    const auto plus  = [&](Tensor tensor) {
        for (float& number : tensor.as<float>()) number += static_cast<float>(v.mean);
        return tensor;
    };
    const auto vector = [&](const char* name) { return c.weight(name, random_tensor({Type::f32, {s.outputs}}, random)); };
    const Value weight = c.weight("weight", random_tensor({v.weight, {s.outputs, s.inputs}}, random, 0.2));
    const Value gain = vector("gain"), shift = vector("shift");
    LinearOptions options{.activation = v.activation};
    if (v.bias) options.bias = vector("bias");
    Value x = c.input("x", random_tensor({v.x, {s.rows, s.inputs}}, random));
    for (const char* name : {"y", "again"}) {   // counters are as they were
        options.residual = c.input(std::string("residual of ") + name, plus(random_tensor({Type::f32, {s.rows, s.outputs}}, random, 3)));
        c.graph.output(name, layer_norm(c.graph, linear(c.graph, x, weight, options), gain, shift));
    }
    return c;
}

struct Appended {
    std::uint64_t batch, positions, inputs, heads, size, capacity;
};

// Rows on both sides of every kernel's height, heads that are no fours, caches longer than a small binding.
constexpr Appended appended[] = {{1, 1, 33, 1, 4, 3},   {1, 1, 256, 4, 64, 9},  {2, 1, 64, 3, 8, 5},    {4, 1, 20, 2, 32, 4},  {3, 2, 36, 2, 12, 6},   {7, 1, 130, 5, 16, 3},
                                 {3, 3, 40, 2, 8, 7},   {12, 1, 64, 4, 20, 2},  {17, 1, 31, 2, 64, 5},  {64, 1, 48, 4, 32, 3}, {5, 7, 16, 3, 28, 11},  {2, 1, 24, 3, 7, 4},
                                 {3, 1, 18, 2, 6, 5},   {2, 2, 512, 2, 128, 40}, {1, 70, 12, 2, 16, 50}, {4, 1, 64, 2, 64, 200}};

Case appended_case(const Appended& s, Type weight, Type cache, Random& random) {
    Case c;
    c.options.fuse      = true;
    c.options.precision = weight == Type::f16 ? Precision::f16 : Precision::f32;
    c.options.cache     = cache;
    const TensorDesc memory{Type::f32, {s.batch + 1, s.heads, s.capacity, s.size}};
    const Value      x = c.input("x", random_tensor({Type::f32, {s.batch, s.positions, s.inputs}}, random));
    const auto       project = [&](const std::string& name) {
        const std::uint64_t width = s.heads * s.size;
        const Value         bias = c.weight(name + " bias", random_tensor({Type::f32, {width}}, random));
        return split_heads(c.graph, linear(c.graph, x, c.weight(name, random_tensor({weight, {width, s.inputs}}, random, 0.2)), {.bias = bias}), s.heads);
    };
    const Value query = project("query"), key = project("key"), value = project("value");
    const Value position = c.state("position", random_ids({s.batch}, random, static_cast<std::uint32_t>(s.capacity + 2)));   // some lie beyond the end
    kv_append(c.graph, {c.state("keys", random_tensor(memory, random)), c.state("values", random_tensor(memory, random))}, key, value, position);
    c.graph.output("y", query);
    return c;
}

}  // namespace

void linear_norm_rows(Rows& rows) {
    std::size_t turn = 0;
    for (const Normed& s : normed)
        for (const std::size_t variant : {std::size_t{0}, 1 + turn++ % 2}) {
            const NormedVariant& v = normed_variants[variant];
            if (v.x == Type::f16 && s.inputs % 2) continue;
            rows.add("linear + norm " + std::to_string(s.rows) + " x " + std::to_string(s.inputs) + " -> " + std::to_string(s.outputs) + v.name,
                     [=](Random& random) { return normed_case(s, v, random); });
        }
}

void linear_append_rows(Rows& rows) {
    for (const Appended& s : appended)
        for (const Type weight : {Type::f32, Type::f16})
            for (const Type cache : {Type::f32, Type::f16}) {
                if ((weight == Type::f16 || cache == Type::f16) && (s.size % 2 || s.inputs % 2)) continue;
                rows.add("linear + append " + std::to_string(s.batch) + "x" + std::to_string(s.positions) + " x " + std::to_string(s.inputs) + " -> " + std::to_string(s.heads) + "x" +
                             std::to_string(s.size) + " of " + std::to_string(s.capacity) + " " + text(weight) + " into " + text(cache),
                         [=](Random& random) { return appended_case(s, weight, cache, random); });
            }
}

}  // namespace attune::test
