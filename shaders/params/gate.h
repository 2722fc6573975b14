// Parameters of gate; valid in GLSL and C++.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct GateParams {
    uint words;    // of the group counts
};

#ifdef __cplusplus
}
#endif
