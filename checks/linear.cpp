#include "checks/case.h"

#include <tuple>

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

// A row on both sides of every tile height; K odd, not of 4, not of 32; N not of 16.
constexpr Product int8_products[] = {{1, 1, 1},     {1, 256, 203},  {1, 33, 17},   {3, 70, 48},    {3, 257, 16},     {8, 64, 130},
                                     {8, 34, 33},   {17, 128, 100}, {17, 31, 65},  {64, 96, 64},   {64, 130, 47},    {5, 1100, 70},
                                     {2, 20'011, 20}, {3, 8, 20'012}, {1, 20'012, 6}, {33, 4096, 9}};

struct Int8Variant {
    Scales      scales;
    Type        type;   // of x and y
    bool        epilogue;
    const char* name;
};
constexpr Int8Variant int8_variants[] = {{Scales::one, Type::f32, false, ", one scale"},
                                         {Scales::by_row, Type::f32, true, ", scales by row, bias, gelu + residual"},
                                         {Scales::by_row, Type::f16, true, ", scales by row, bias, gelu + residual, f16"}};

Case int8_case(const Product& p, const Int8Variant& v, Random& random) {
    Case          c;
    const Value   x = c.input("x", random_tensor({v.type, {p.rows, p.inputs}}, random));
    const Value   weight = c.weight("weight", random_int8({p.outputs, p.inputs}, random, v.scales));
    LinearOptions options{.bias = {}, .residual = {}, .activation = Activation::none, .type = v.type};
    if (v.epilogue) {
        options.bias = c.weight("bias", random_tensor({Type::f32, {p.outputs}}, random));
        options.residual = c.input("residual", random_tensor({Type::f32, {p.rows, p.outputs}}, random));
        options.activation = Activation::gelu;
    }
    c.graph.output("y", linear(c.graph, x, weight, options));
    return c;
}

void add_int8_rows(Rows& rows) {
    for (const Product& p : int8_products)
        for (const Int8Variant& v : int8_variants) {
            if (v.type == Type::f16 && (p.inputs % 2 || p.outputs % 2)) continue;
            rows.add("linear " + std::to_string(p.rows) + " x " + std::to_string(p.inputs) + " -> " + std::to_string(p.outputs) + " i8" + v.name,
                     [=](Random& random) { return int8_case(p, v, random); });
        }
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
    add_int8_rows(rows);
}

namespace {

struct Shortlist {
    std::uint64_t sentences, beams, inputs, vocabulary, places;

    std::string text() const {
        return std::to_string(sentences) + "x" + std::to_string(beams) + " x " + std::to_string(inputs) + " -> " + std::to_string(places) + " of " + std::to_string(vocabulary);
    }
};

// Beams on both sides of every kernel's rows, lists and sums with tails; the last ones have rows, a bias and a weight
// that are longer than a small binding, by rows and by columns.
constexpr Shortlist shortlists[] = {{1, 1, 1, 1, 1},      {1, 1, 2, 3, 5},      {2, 1, 7, 17, 3},     {1, 2, 31, 40, 9},    {3, 4, 64, 100, 33},  {2, 5, 65, 64, 17},
                                    {1, 6, 130, 257, 64}, {7, 1, 256, 1000, 40}, {2, 9, 20, 33, 130},  {1, 64, 34, 500, 71}, {16, 1, 33, 129, 128}, {1, 1, 512, 4000, 1000},
                                    {2, 64, 300, 50, 8},  {1, 2, 8, 40'000, 20'011}, {2, 2, 1100, 70, 20}, {3, 1, 20'012, 20, 7}, {9000, 2, 4, 30, 3}};

// Rows in any order, some twice, some places empty.
Tensor lists_of(const Shortlist& s, Random& random) {
    Tensor lists({Type::u32, {s.sentences, s.places}});
    for (std::uint32_t& id : lists.as<std::uint32_t>()) id = random.below(8) ? random.below(static_cast<std::uint32_t>(s.vocabulary)) : random.below(4) ? 0xffffffffu : static_cast<std::uint32_t>(s.vocabulary);
    return lists;
}

Case shortlist_case(const Shortlist& s, Type x, Type weight, bool bias, Random& random) {
    Case                 c;
    const Value          rows = c.input("x", random_tensor({x, {s.sentences * s.beams, 1, s.inputs}}, random));
    const Value          matrix = c.weight("weight", random_tensor({weight, {s.vocabulary, s.inputs}}, random, 0.2));
    std::optional<Value> vector;
    if (bias) vector = c.weight("bias", random_tensor({Type::f32, {s.vocabulary}}, random));
    c.graph.output("y", linear_chosen(c.graph, rows, matrix, c.control("chosen", lists_of(s, random)), vector));
    return c;
}

}  // namespace

void linear_chosen_rows(Rows& rows) {
    for (const Shortlist& s : shortlists)
        for (const auto& [x, weight, bias] : {std::tuple{Type::f32, Type::f32, true}, {Type::f32, Type::f16, false}, {Type::f16, Type::f16, true}, {Type::f32, Type::i8, true}}) {
            if (s.inputs % 2 && (x == Type::f16 || weight == Type::f16)) continue;
            rows.add("linear_chosen " + s.text() + (bias ? " + bias" : "") + ", " + text(x) + " " + text(weight),
                     [s, x = x, weight = weight, bias = bias](Random& random) { return shortlist_case(s, x, weight, bias, random); });
        }
}

}  // namespace attune::test
