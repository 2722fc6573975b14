// Where barriers go: before a dispatch that touches bytes which an earlier one, since the last
// barrier, wrote, or writes bytes which an earlier one touched.
#pragma once

#include "plan/plan.h"

namespace attune {

// True if the order of the two accesses matters.
bool conflicts(const Location& a, const Location& b) noexcept;

// Sets PlannedDispatch::barrier. One global barrier orders everything before it against everything after.
void place_barriers(std::vector<PlannedDispatch>& dispatches);

}  // namespace attune
