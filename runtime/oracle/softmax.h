// Softmax of one row, in place.
#pragma once

#include <span>

namespace attune::oracle {

// exp(x - max) / sum exp(x - max); -inf becomes 0, and a row that is all -inf becomes all 0.
void softmax_row(std::span<double> row);

}  // namespace attune::oracle
