// Cuts a text that has too many tokens for a model into parts that do not, without losing a byte.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace attune {

// A part, and the white space that stood between it and the next one. Views into the text that was split.
struct TextPart {
    std::string_view text;
    std::string_view gap;
};

struct SplitText {
    std::string_view      leading;  // white space before the first part
    std::vector<TextPart> parts;    // leading + text + gap + text + gap ... is the whole text, byte for byte
};

// How many tokens a model makes of a text. Its time should be linear in the text's length. The splitter
// assumes no more of it than that a part of a text rarely has more tokens than the whole.
using CountTokens = std::function<std::size_t(std::string_view)>;

// Parts of at most `limit` tokens each, about as long as they can be:
//   - a text within the limit (and 64 * limit bytes) is a single part, untouched, white space at its ends
//     included;
//   - else it is cut after sentences; a sentence over the limit after clauses; a clause over the limit
//     between words; a word over the limit between code points, never inside one;
//   - a single code point over the limit (possible only for a limit of a few tokens) stays whole.
// Blank text is all `leading` and has no parts. Throws usage unless limit > count("").
//
// Near-linear: all calls of `count` together see a small multiple of the text (at most about 8 times),
// and no call sees more than 64 * limit bytes, so that a line of 100 MB needs little memory.
SplitText split_long(std::string_view text, std::size_t limit, const CountTokens& count);

}  // namespace attune
