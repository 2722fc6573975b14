// Ops of the oracle by name.
#pragma once

#include "oracle/call.h"

#include <string_view>

namespace attune::oracle {

using Function = void (*)(const Call&);

// nullptr: the oracle does not know the op.
Function find_function(std::string_view op) noexcept;

}  // namespace attune::oracle
