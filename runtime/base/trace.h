// Words for an attune::Trace.
#pragma once

#include <attune/trace.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace attune {

// Hands over each line of `text` as "topic: line", if the trace shows that level. Where a text is costly to
// make, ask first.
void tell(const Trace& trace, unsigned level, std::string_view topic, std::string_view text);

// 29700000 -> "28.3 MiB"
std::string byte_count(std::uint64_t bytes);

}  // namespace attune
