#include "oracle/functions.h"

#include <cmath>

namespace attune::oracle {

void normalise(std::span<double> row, const Array& gain, const Array& bias, double epsilon) {
    const auto size = static_cast<double>(row.size());
    double     mean = 0, variance = 0;
    for (const double z : row) mean += z / size;
    for (const double z : row) variance += (z - mean) * (z - mean) / size;
    for (std::size_t c = 0; c < row.size(); ++c)
        row[c] = (row[c] - mean) / std::sqrt(variance + epsilon) * gain.values[c] + bias.values[c];
}

// x [.., E], residual [.., E]?, gain [E], bias [E] -> [.., E]
void layer_norm(const Call& call) {
    const Array&         x     = call.input(0);
    const std::size_t    width = x.shape.width();
    std::vector<double>& y     = call.output().values;
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = x.values[i] + (call.has(1) ? call.input(1).values[i] : 0);
    for (std::size_t row = 0; row < x.shape.rows(); ++row)
        normalise(std::span(y).subspan(row * width, width), call.input(2), call.input(3),
                  call.attributes.real("epsilon"));
}

}  // namespace attune::oracle
