// f = sigmoid(forget), cell = f * cell_before + (1 - f) * candidate, result = relu(cell)
#include "oracle/functions.h"

#include <algorithm>
#include <cmath>

namespace attune::oracle {

// cell [>= R, d], forget [.., d], candidate [.., d], parents [R]?, position [>= R]? -> [.., d], cell
void ssru(const Call& call) {
    const Array         before = call.input(0);  // a copy: the second output is the same array
    const Array &       forget = call.input(1), &candidate = call.input(2);
    const std::uint64_t rows = forget.shape.rows(), width = forget.shape.width(), beams = call.count("beams", 1);
    for (std::uint64_t r = 0; r < rows; ++r) {
        const std::uint64_t first  = r / beams * beams;
        const std::uint64_t parent = call.has(3) ? std::clamp(index_at(call.input(3), r), first, first + beams - 1) : r;
        const bool          begins = call.has(4) && index_at(call.input(4), r) == 0;
        for (std::uint64_t e = 0; e < width; ++e) {
            const double f = 1 / (1 + std::exp(-forget.values[r * width + e]));
            const double c =
                (begins ? 0 : f * before.values[parent * width + e]) + (1 - f) * candidate.values[r * width + e];
            call.output(1).values[r * width + e] = c;
            call.output(0).values[r * width + e] = c < 0 ? 0 : c;
        }
    }
}

}  // namespace attune::oracle
