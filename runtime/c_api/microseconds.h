// Costs in the unit of the C ABI.
#pragma once

#include <cmath>
#include <cstdint>

namespace attune::c_api {

// Rounded up: what costs anything costs at least 1.
inline std::uint64_t microseconds(double seconds) { return static_cast<std::uint64_t>(std::ceil(seconds * 1e6)); }

}  // namespace attune::c_api
