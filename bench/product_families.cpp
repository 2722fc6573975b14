// Products with weights: GEMM, and with few rows or one the products of decoding.
#include "bench/families.h"
#include "bench/tensors.h"

#include <algorithm>
#include <cmath>

namespace attune::bench {
namespace {

constexpr std::uint64_t most              = 1u << 20;
constexpr std::uint64_t products_of_probe = 1u << 21;  // multiplications that one row is checked with

struct Product {
    std::uint64_t outputs, rows, inputs;
    Type          type;

    explicit Product(const Parameters& p)
        : outputs(number_of(p, "m")), rows(number_of(p, "n")), inputs(number_of(p, "k")), type(type_of(p)) {}

    double weight_bytes() const {
        const double scales = type == Type::i8 ? 4 * static_cast<double>(outputs) : 0;
        return static_cast<double>(outputs) * static_cast<double>(inputs) * static_cast<double>(size_of(type)) + scales;
    }
};

Work product_work(const Parameters& parameters) {
    const Product p(parameters);
    const double m = static_cast<double>(p.outputs), n = static_cast<double>(p.rows), k = static_cast<double>(p.inputs);
    const double bytes = p.weight_bytes() + 4 * n * (m + k);
    return {.flop = 2 * m * n * k, .bytes = bytes, .memory = bytes, .memory_roof = "read", .pieces = p.rows};
}

test::Case product_case(Tensor x, Tensor weight) {
    test::Case  c;
    const Value input = c.input("x", std::move(x));
    c.largest_nmse    = largest_nmse(weight.desc().type);
    c.graph.output("y", linear(c.graph, input, c.weight("weight", std::move(weight))));
    return c;
}

test::Case make_product(const Parameters& parameters, test::Random& random) {
    const Product p(parameters);
    Tensor        x = bulk_random({Type::f32, {p.rows, p.inputs}}, random);
    return product_case(std::move(x), bulk_random({p.type, {p.outputs, p.inputs}}, random,
                                                  1 / std::sqrt(static_cast<double>(p.inputs))));
}

// One row of x, and some hundred features, others for each row: the whole weight is too much for the oracle.
Probe probe_product(const Parameters& parameters, test::Case& whole, std::uint64_t row) {
    const Product       p(parameters);
    const std::uint64_t features = std::min(p.outputs, std::max<std::uint64_t>(16, products_of_probe / p.inputs));
    const std::uint64_t first    = p.rows > 1 ? (p.outputs - features) * row / (p.rows - 1) : 0;
    Tensor              x        = piece_of(whole.tensors.at("x").view(), row * p.inputs, {1, p.inputs});
    Tensor              weight   = piece_of(whole.weights.at("weight"), first * p.inputs, {features, p.inputs});
    return {.part = product_case(std::move(x), std::move(weight)), .places = {{.row = row, .column = first}}};
}

}  // namespace

void add_product_families(std::vector<Family>& rows) {
    Family gemm;
    gemm.name       = "gemm";
    gemm.about      = "n rows of k numbers by a weight of m features; n = 1 is a GEMV";
    gemm.parameters = {number("m", 4096, most), number("n", 512, most), number("k", 4096, most),
                       type_parameter({"f32", "f16", "i8"})};
    gemm.work       = product_work;
    gemm.make       = make_product;
    gemm.probe      = probe_product;
    rows.push_back(std::move(gemm));
}

}  // namespace attune::bench
