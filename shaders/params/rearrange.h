// Parameters of rearrange: a copy of a four-axis block between two strided places.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace attune {
using uint = std::uint32_t;
#endif

struct RearrangeParams {
    uint runs;                               // of neighbours along the last axis, in all
    uint extent1, extent2, extent3;          // of the block; axis 0 follows from `runs`
    uint from_start, from0, from1, from2;    // elements: first, and from one index to the next
    uint to_start, to0, to1, to2;            // likewise; the last axis is contiguous on both sides
};

#ifdef __cplusplus
}
#endif
