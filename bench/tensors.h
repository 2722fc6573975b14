// Large random tensors, and pieces of them.
#pragma once

#include "checks/numbers.h"

namespace attune::bench {

// Normally distributed numbers as test::random_tensor gives, which repeat after a prime number of elements, about a
// million: large tensors take no longer than memory does, and no two rows near each other are alike. i8: whole
// numbers with a scale for each row.
Tensor bulk_random(TensorDesc desc, test::Random& random, double deviation = 1);

// Elements [first, first + shape's number) as a tensor of their own, in the row-major order of the whole. Of i8 with a
// scale for each row `first` begins a row, and rows stay as wide as they are.
Tensor piece_of(const TensorView& whole, std::uint64_t first, Shape shape);

}  // namespace attune::bench
