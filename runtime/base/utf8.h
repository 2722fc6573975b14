// UTF-8: is it, and how to show text from a file in an error message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace attune {

// Whether all of `text` is UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

// The text in double quotes, fit for a terminal and a log: control characters, quotes and bytes that
// are not UTF-8 become \xNN, and what exceeds `limit` bytes is cut and marked by "...".
std::string in_quotes(std::string_view text, std::size_t limit = 96);

}   // namespace attune
