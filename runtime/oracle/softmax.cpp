#include "oracle/softmax.h"

#include "oracle/functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attune::oracle {

void softmax_row(std::span<double> row) {
    constexpr double unseen  = -std::numeric_limits<double>::infinity();
    double           largest = unseen;
    bool             any     = false;  // an entry other than -inf; a NaN counts, so that it shows in the result
    for (const double x : row) {
        largest = std::max(largest, x);
        any     = any || x != unseen;
    }
    double sum = 0;
    for (double& x : row) {
        x = any && x != unseen ? std::exp(x - largest) : 0;
        sum += x;
    }
    if (any)
        for (double& x : row) x /= sum;
}

// x [.., T] -> [.., T]
void softmax(const Call& call) {
    Array& y = call.output();
    y.values = call.input(0).values;
    for (std::size_t row = 0; row < y.shape.rows(); ++row)
        softmax_row(std::span(y.values).subspan(row * y.shape.width(), y.shape.width()));
}

}  // namespace attune::oracle
