// Buffers and lists of the caller's that the library fills.
#pragma once

#include "c_api/call.h"

#include <span>

namespace attune::c_api {

// Copies `from` into the caller's `to` of *count elements, and sets *count to how many there are. Without `to`, that
// alone.
template <class Element> Answer fill(const Call& call, Element* to, std::size_t* count, std::span<const Element> from) {
    call.need(count, "the count");
    const std::size_t room = *count;
    *count                 = from.size();
    if (!to) return {};
    if (room < from.size()) return {ATTUNE_TOO_SMALL, "the buffer is too small, and *count says what is needed"};
    if (!from.empty()) std::memcpy(to, from.data(), from.size_bytes());
    return {};
}

// The same for a list of structs with heads, which step by the size of the first.
template <class Struct>
Answer fill_list(const Call& call, Struct* to, std::uint32_t* count, std::span<const Struct> from) {
    call.need(count, "the count");
    const std::uint32_t room = *count;
    Head                head = {};
    if (to && room > 0) head = check_head(to, FactsOf<Struct>::value);
    *count = static_cast<std::uint32_t>(from.size());
    if (!to) return {};
    if (room < from.size()) return {ATTUNE_TOO_SMALL, "the list is too small, and *count says what is needed"};
    auto* at = reinterpret_cast<std::byte*>(to);
    for (const Struct& one : from) {
        std::memcpy(at, &head, sizeof(head));
        copy_out(&one, at, FactsOf<Struct>::value);
        at += head.size;
    }
    return {};
}

}  // namespace attune::c_api
