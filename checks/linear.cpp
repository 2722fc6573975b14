#include "checks/case.h"

namespace attune::test {
namespace {

struct Product {
    std::uint64_t rows, inputs, outputs;   // R, K, N
};

// Rows on both sides of every tile height, K and N with tails, one of each, long sums.
constexpr Product products[] = {{1, 1, 1},     {1, 2, 3},      {2, 3, 1},     {3, 5, 7},      {1, 64, 64},   {2, 63, 65},   {4, 31, 33},    {5, 17, 16},   {6, 128, 15},
                                {7, 96, 17},   {8, 64, 512},   {9, 100, 129}, {12, 256, 40},  {13, 20, 1},   {15, 34, 47},  {16, 512, 512}, {17, 65, 31},  {19, 4, 4},
                                {24, 48, 200}, {31, 130, 66},  {32, 256, 256}, {33, 33, 33},  {47, 70, 23},  {64, 64, 64},  {65, 128, 80},  {100, 30, 50}, {127, 16, 127},
                                {128, 96, 32}, {1, 8192, 33},  {3, 8192, 16}, {33, 4096, 9},  {1, 2048, 1000}, {2, 512, 2003}, {257, 12, 18}, {1, 4, 4099},   {70'000, 2, 3},
                                // longer than a small binding: sums, x, y, the bias; chunks of one panel and of four
                                {5, 1100, 70}, {40, 2052, 130}, {2, 20'011, 20}, {3, 6, 20'012}, {1, 20'012, 6}};

// Kernels are compiled for each of these, and again by height and alignment.
struct Variant {
    bool        bias, residual;
    Activation  activation;
    Type        x, weight, result;
    const char* name;
};
constexpr Variant variants[] = {{false, false, Activation::none, Type::f32, Type::f32, Type::f32, ""},
                                {true, true, Activation::none, Type::f32, Type::f32, Type::f32, " + bias + residual"},
                                {true, false, Activation::relu, Type::f16, Type::f16, Type::f16, " + bias, relu, f16"},
                                {true, false, Activation::gelu, Type::f32, Type::f16, Type::f16, " + bias, gelu, f16 from f32"},
                                {false, true, Activation::silu, Type::f16, Type::f32, Type::f32, " silu + residual, from f16"},
                                {true, true, Activation::gelu_tanh, Type::f32, Type::f32, Type::f32, " + bias, gelu_tanh + residual"},
                                {true, true, Activation::silu, Type::f16, Type::f16, Type::f16, " + bias, silu + residual, f16"}};

Case product_case(const Product& p, const Variant& v, Random& random) {
    Case          c;
    const Value   x = c.input("x", random_tensor({v.x, {p.rows, p.inputs}}, random));
    const Value   weight = c.weight("weight", random_tensor({v.weight, {p.outputs, p.inputs}}, random, 0.2));
    LinearOptions options{.bias = {}, .residual = {}, .activation = v.activation, .type = v.result};
    if (v.bias) options.bias = c.weight("bias", random_tensor({Type::f32, {p.outputs}}, random));
    if (v.residual) options.residual = c.input("residual", random_tensor({Type::f32, {p.rows, p.outputs}}, random));
    c.graph.output("y", linear(c.graph, x, weight, options));
    return c;
}

}  // namespace

// Every shape plain, with bias and residual, and with one of the others.
void linear_rows(Rows& rows) {
    std::size_t turn = 0;
    for (const Product& p : products)
        for (const std::size_t variant : {std::size_t{0}, std::size_t{1}, 2 + turn++ % 5}) {
            const Variant& v = variants[variant];
            const bool     halves = v.x == Type::f16 || v.weight == Type::f16, half_result = v.result == Type::f16;
            if ((p.inputs % 2 && halves) || (p.outputs % 2 && half_result)) continue;
            rows.add("linear " + std::to_string(p.rows) + " x " + std::to_string(p.inputs) + " -> " + std::to_string(p.outputs) + v.name,
                     [=](Random& random) { return product_case(p, v, random); });
        }
}

}  // namespace attune::test
