#include "oracle/functions.h"

#include <cmath>

namespace attune::oracle {

// x [.., E], residual [.., E]?, gain [E], bias [E] -> [.., E]
void layer_norm(const Call& call) {
    const Array&      x       = call.input(0);
    const Array&      gain    = call.input(2);
    const Array&      bias    = call.input(3);
    const double      epsilon = call.attributes.real("epsilon");
    const std::size_t width   = x.shape.width();
    const auto        size    = static_cast<double>(width);

    std::vector<double> z(width);
    for (std::size_t row = 0; row < x.shape.rows(); ++row) {
        double mean = 0;
        for (std::size_t c = 0; c < width; ++c) {
            z[c] = x.values[row * width + c] + (call.has(1) ? call.input(1).values[row * width + c] : 0);
            mean += z[c] / size;
        }
        double variance = 0;
        for (std::size_t c = 0; c < width; ++c) variance += (z[c] - mean) * (z[c] - mean) / size;
        double* const out = call.output().values.data() + row * width;
        for (std::size_t c = 0; c < width; ++c)
            out[c] = (z[c] - mean) / std::sqrt(variance + epsilon) * gain.values[c] + bias.values[c];
    }
}

}  // namespace attune::oracle
