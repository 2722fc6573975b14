// Options of a session, checked.
#pragma once

#include "c_api/call.h"

namespace attune::c_api {

inline attune_options checked(const Call& call, attune_options given) {
    if (given.flags & ~static_cast<std::uint32_t>(ATTUNE_NEVER_COMPILE))
        call.refuse("flags has a bit that there is not");
    if (given.slots == 0) given.slots = default_slots;
    if (given.slots > most_slots)
        call.refuse("slots is " + std::to_string(given.slots) + ", and at most " + std::to_string(most_slots));
    return given;
}

}  // namespace attune::c_api
