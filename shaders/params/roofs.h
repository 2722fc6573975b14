// Parameters of the kernels that measure roofs.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

// roof_copy, roof_read
struct RoofTrafficParams {
    uint turns;          // of each lane
};

// roof_fma
struct RoofFmaParams {
    float factor;        // of which the compiler does not know that it is 1
    float term;
    uint  turns;         // of each lane
};

// roof_exp2
struct RoofExp2Params {
    uint turns;          // of each lane
};

// roof_empty
struct RoofEmptyParams {
    uint count;          // 0: nothing happens
};

#ifdef __cplusplus
}
#endif
