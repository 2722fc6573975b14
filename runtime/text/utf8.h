// Text from outside becomes UTF-8 that everything behind it may trust, and is taken apart by code points.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace attune {

// What to do with bytes that are not UTF-8.
enum class BadText {
    replace,  // each maximal ill-formed part becomes one U+FFFD and is counted
    refuse,   // throw bad_input with the position of the first
};

struct CleanText {
    std::string text;          // UTF-8 without NUL
    std::size_t replaced = 0;  // how many U+FFFD were put in
};

// Ill-formed are overlong forms, surrogates, values beyond U+10FFFF, stray and missing continuation
// bytes. A maximal part is the longest start of a well-formed sequence, or else a single byte, as the
// Unicode standard recommends (chapter 3.9), so that no good character next to it is swallowed.
// U+0000 is treated as ill-formed too: the C interface ends its strings with it, and a line that stops
// in the middle would lose text. U+FEFF is kept: see without_byte_order_mark.
CleanText clean_text(std::string_view bytes, BadText policy = BadText::replace, const std::string& where = "text");

// Bytes at the end of a text, 0 to 3, that may be the start of a code point of which the rest comes later.
std::size_t open_end(std::string_view bytes) noexcept;

// The start of a stream (never of a later line) without the byte order mark that some editors put there.
std::string_view without_byte_order_mark(std::string_view start_of_stream) noexcept;

struct CodePoint {
    char32_t    value  = 0xFFFD;  // U+FFFD if the bytes are ill-formed
    std::size_t length = 0;       // bytes: the sequence, or the maximal ill-formed part
    bool        valid  = false;
};

// The first code point of a text that is not empty.
CodePoint first_code_point(std::string_view text) noexcept;

// Whether a code point is white space: Unicode's White_Space, and the four separators U+001C to U+001F.
bool is_space(char32_t value) noexcept;

// Without white space at both ends.
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace attune
