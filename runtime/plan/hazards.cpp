#include "plan/hazards.h"

#include <algorithm>

namespace attune {

bool conflicts(const Location& a, const Location& b) noexcept {
    if (a.access == Access::read && b.access == Access::read) return false;
    if (a.region != b.region || a.index != b.index || a.chunk != b.chunk) return false;
    return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

void place_barriers(std::vector<PlannedDispatch>& dispatches) {
    std::vector<Location> since;  // accesses since the last barrier
    for (PlannedDispatch& planned : dispatches) {
        planned.barrier = std::any_of(planned.locations.begin(), planned.locations.end(), [&](const Location& now) {
            return std::any_of(since.begin(), since.end(),
                               [&](const Location& before) { return conflicts(before, now); });
        });
        if (planned.barrier) since.clear();
        for (const Location& location : planned.locations)
            if (location.region != Region::weight && location.region != Region::control) since.push_back(location);
    }
}

}  // namespace attune
