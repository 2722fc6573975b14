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
//   - a text within the limit (and 64 * limit bytes, and 512 KiB) is a single part, untouched, white space at
//     its ends included;
//   - else it is cut after sentences; a sentence over the limit after clauses; a clause over the limit
//     between words; a word over the limit between code points, never inside one;
//   - a single code point over the limit (possible only for a limit of a few tokens) stays whole.
// Blank text is all `leading` and has no parts. Throws usage unless limit > count("").
//
// Near-linear: all calls of `count` together see a small multiple of the text (at most about 8 times),
// and no call sees more than 64 * limit bytes or 512 KiB.
SplitText split_long(std::string_view text, std::size_t limit, const CountTokens& count);

// The same cuts for a text of which only a window is in memory. Where it is cut depends on the text alone,
// never on the windows it comes in.
class TextCutter {
public:
    TextCutter(std::size_t limit, CountTokens count);  // throws usage, as above

    enum class Window { goes_on, ends };  // whether the text goes on behind the window

    // `window` is the text behind all parts so far, as far as it is there, in whole code points. Hands out the parts
    // that nothing further can change, and returns how many bytes of the window they are: all of them if it
    // `ends`, more than none if it has enough(). A part without text is more white space: in front of the first
    // part, or of the gap before it.
    using TakePart = std::function<void(const TextPart&)>;
    std::size_t cut(std::string_view window, Window state, const TakePart& take);

    std::size_t enough() const noexcept { return 4 * max_bytes_ + 16; }

private:
    // What is being read; each level ends wherever the ones above it do. All but `sentence` are met inside of
    // one that is too long.
    enum class Level { sentence, clause, word, letters };

    class Reader;
    class Pass;

    std::size_t tokens(std::string_view text) const { return text.size() > max_bytes_ ? limit_ + 1 : count_(text); }
    void        go_down();
    std::size_t fitting_length(std::string_view word) const;
    std::size_t scaled(std::size_t length, std::size_t found) const;

    std::size_t limit_;
    CountTokens count_;
    std::size_t overhead_;   // tokens of an empty text: the end token, a language code
    std::size_t max_bytes_;  // nothing longer is counted
    bool        begun_ = false;
    Level       level_ = Level::sentence;
    char32_t    mark_  = 0;  // in the letters of a word: the last that is no closing quote or bracket
    std::size_t guess_ = 0;  // bytes of letters that fitted last time
};

}  // namespace attune
