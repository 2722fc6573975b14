// Activation functions by number, as linear and activate name them.
#pragma once

#include <attune/ops.hpp>

namespace attune::oracle {

double activated(double x, Activation activation);

}  // namespace attune::oracle
