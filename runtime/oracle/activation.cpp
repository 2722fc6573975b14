#include "oracle/activation.h"

#include "oracle/functions.h"

#include <array>
#include <cmath>
#include <numbers>

namespace attune::oracle {
namespace {

double identity(double x) { return x; }
double relu(double x) { return x < 0 ? 0 : x; }  // NaN stays NaN
double gelu(double x) { return x / 2 * (1 + std::erf(x / std::numbers::sqrt2)); }
double silu(double x) { return x / (1 + std::exp(-x)); }

double gelu_tanh(double x) {
    const double inner = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
    return x / 2 * (1 + std::tanh(inner));
}

constexpr std::array<double (*)(double), 5> functions = {identity, relu, gelu, gelu_tanh,
                                                         silu};  // as Activation counts

}  // namespace

double activated(double x, Activation activation) { return functions.at(static_cast<std::size_t>(activation))(x); }

// x [..] -> [..]
void activate(const Call& call) {
    const Array& x          = call.input(0);
    const auto   activation = static_cast<Activation>(call.attributes.integer("activation"));
    for (std::size_t i = 0; i < x.values.size(); ++i) call.output().values[i] = activated(x.values[i], activation);
}

}  // namespace attune::oracle
