// A step that attune_plan_dispatches() gives as data, in the form that HostPlan records.
#pragma once

#include "c_api/guest.h"

#include <attune/session.hpp>

namespace attune::test {

// What attune_plan_dispatches() says; the data points at what lives until the session's next call.
attune_status plan_step(attune_session session, std::uint64_t frame, std::vector<CommandData>& into);

// Plans, records and runs steps until the session has nothing left to do; hears of each list.
void run_planned(
    const OwnDevice& own, attune_session session, std::uint64_t& frame,
    const std::function<void(const std::vector<CommandData>&)>& each = [](const auto&) {});

}  // namespace attune::test
