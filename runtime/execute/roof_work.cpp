#include "execute/roof_work.h"

#include <algorithm>
#include <bit>

namespace attune {

std::uint32_t roof_group(const DeviceTraits& traits) {
    const std::uint32_t wanted = !traits.is_cpu ? 256u : traits.subgroup_size > 1 ? traits.subgroup_size : 8u;
    return std::bit_floor(std::min({wanted, traits.max_invocations, traits.max_group_size[0]}));
}

}  // namespace attune
