#include "text/sentence_split.h"

#include "text/utf8.h"

#include <attune/error.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace attune {
namespace {

// Text with more bytes per token than this on average is taken to be too long without counting.
constexpr std::size_t max_bytes_per_token = 64;

// Where an atom of a level may end; each level cuts wherever the ones above it do.
enum class Level { sentence, clause, word };

bool is_one_of(char32_t c, std::u32string_view set) { return set.find(c) != std::u32string_view::npos; }

// Marks that end a sentence or clause when white space follows, and those of scripts that put none.
bool ends_spaced(char32_t c, Level level) {
    if (is_one_of(c, U".!?\u2026\u061F\u06D4\u0964\u0965\u203C\u2047")) return true;
    return level == Level::clause && is_one_of(c, U",;:\u2013\u2014\u060C\u061B");
}
bool ends_unspaced(char32_t c, Level level) {
    if (is_one_of(c, U"\u3002\uFF01\uFF1F\uFF0E\uFF61")) return true;
    return level == Level::clause && is_one_of(c, U"\u3001\uFF0C\uFF1B\uFF1A\uFF64");
}
bool is_closing(char32_t c) { return is_one_of(c, U"\"')]}\u00BB\u2019\u201D\u203A\u300D\u300F\uFF09"); }
bool is_line_end(char32_t c) { return c == U'\n' || c == U'\r' || c == U'\u2028' || c == U'\u2029'; }

// A run of text and the white space behind it, as offsets.
struct Atom {
    std::size_t begin, end, next;  // text [begin, end), white space [end, next)
};

// Reads atoms of one level from the front of a range that starts with no white space.
class AtomReader {
public:
    AtomReader(std::string_view text, std::size_t begin, std::size_t end, Level level)
        : text_(text.substr(0, end)), at_(begin), level_(level) {}

    bool next(Atom& atom) {
        if (at_ >= text_.size()) return false;
        atom.begin    = at_;
        char32_t mark = 0;  // the last character that is not a closing quote or bracket
        while (at_ < text_.size()) {
            const CodePoint point = first_code_point(text_.substr(at_));
            if (is_space(point.value)) {
                atom.end             = at_;
                const bool line_ends = skip_space();
                const bool marked    = ends_spaced(mark, level_) || ends_unspaced(mark, level_);
                if (level_ == Level::word || line_ends || (marked && !runs_on(mark))) break;
                continue;
            }
            if (ends_unspaced(mark, level_) && !is_closing(point.value) && !ends_unspaced(point.value, level_)) {
                atom.end = at_;
                break;
            }
            at_ += point.length;
            atom.end = at_;
            if (!is_closing(point.value)) mark = point.value;
        }
        atom.next = at_;
        return true;
    }

private:
    // Whether there is a line end in it.
    bool skip_space() {
        bool line_ends = false;
        while (at_ < text_.size()) {
            const CodePoint point = first_code_point(text_.substr(at_));
            if (!is_space(point.value)) break;
            line_ends = line_ends || is_line_end(point.value);
            at_ += point.length;
        }
        return line_ends;
    }

    // "e.g. this" goes on after its full stops: a small letter follows.
    bool runs_on(char32_t mark) const {
        return level_ == Level::sentence && mark == U'.' && at_ < text_.size() && text_[at_] >= 'a' &&
               text_[at_] <= 'z';
    }

    std::string_view text_;
    std::size_t      at_;
    Level            level_;
};

class Splitter {
public:
    Splitter(std::string_view text, std::size_t limit, const CountTokens& count)
        : text_(text), limit_(limit), count_(count), overhead_(count({})) {
        if (limit <= overhead_)
            throw Error(Status::usage, "split", "a limit of " + std::to_string(limit) + " tokens leaves none for text");
        constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
        max_bytes_                 = limit > most / max_bytes_per_token ? most : limit * max_bytes_per_token;
    }

    SplitText run() {
        SplitText   out;
        std::size_t begin = 0;
        while (begin < text_.size()) {
            const CodePoint point = first_code_point(text_.substr(begin));
            if (!is_space(point.value)) break;
            begin += point.length;
        }
        if (begin == text_.size()) return {.leading = text_, .parts = {}};
        if (fits(0, text_.size())) return {.leading = {}, .parts = {{text_, {}}}};

        split(begin, text_.size(), Level::sentence);
        out.leading = text_.substr(0, begin);
        out.parts   = std::move(parts_);
        return out;
    }

private:
    std::size_t tokens(std::size_t begin, std::size_t end) const {
        if (end - begin > max_bytes_) return limit_ + 1;
        return count_(text_.substr(begin, end - begin));
    }
    bool fits(std::size_t begin, std::size_t end) const { return tokens(begin, end) <= limit_; }

    // Cuts [begin, end) at one level, gathers neighbours while they fit, and hands what is too long down.
    void split(std::size_t begin, std::size_t end, Level level) {
        AtomReader reader(text_, begin, end, level);
        for (Atom atom; reader.next(atom);) {
            const std::size_t found = tokens(atom.begin, atom.end);
            if (found > limit_) {
                flush();
                if (level == Level::word)
                    split_word(atom);
                else
                    split(atom.begin, atom.next, level == Level::sentence ? Level::clause : Level::word);
                flush();
            } else {
                gather(atom, found > overhead_ ? found - overhead_ : 0);
            }
        }
        if (level == Level::sentence) flush();
    }

    // Adds an atom to the part in the making if the sum of their tokens says that it fits.
    void gather(const Atom& atom, std::size_t cost) {
        const bool room = cost <= limit_ - overhead_ - std::min(gathered_cost_, limit_ - overhead_);
        if (!gathered_.empty() && (!room || atom.end - gathered_.front().begin > max_bytes_)) flush();
        gathered_.push_back(atom);
        gathered_cost_ += cost;
    }

    void flush() {
        if (!gathered_.empty()) emit(0, gathered_.size());
        gathered_.clear();
        gathered_cost_ = 0;
    }

    // Atoms [first, last) as one part. Their sum was an estimate: tokens may form or break where atoms
    // meet, so the part is counted again, and halved if it is too long after all.
    void emit(std::size_t first, std::size_t last) {
        const Atom &front = gathered_[first], &back = gathered_[last - 1];
        if (last - first > 1 && !fits(front.begin, back.end)) {
            const std::size_t middle = first + (last - first) / 2;
            emit(first, middle);
            emit(middle, last);
            return;
        }
        parts_.push_back(
            {text_.substr(front.begin, back.end - front.begin), text_.substr(back.end, back.next - back.end)});
    }

    // Cuts a word over the limit between code points. The length that fitted last time is the first guess
    // for the next part, and the tokens found in it correct it, so that a part takes a few counts.
    void split_word(const Atom& word) {
        std::size_t guess = max_bytes_ / 16;
        for (std::size_t begin = word.begin; begin < word.end; begin += guess) {
            guess = fitting_length(begin, word.end, guess);
            parts_.push_back({text_.substr(begin, guess), {}});
        }
        parts_.back().gap = text_.substr(word.end, word.next - word.end);
    }

    // A length from begin on that fits, near the greatest; one code point at least.
    std::size_t fitting_length(std::size_t begin, std::size_t end, std::size_t guess) const {
        std::size_t length = cut(begin, end, guess);
        std::size_t found  = tokens(begin, begin + length);
        if (found <= limit_) {
            const std::size_t longer = cut(begin, end, std::min(scaled(length, found), length * 2));
            return found < limit_ - limit_ / 8 && longer > length && fits(begin, begin + longer) ? longer : length;
        }
        for (std::size_t next = scaled(length, found); found > limit_; next = length / 2) {
            const std::size_t shorter = cut(begin, end, std::min(next, length - 1));
            if (shorter >= length) break;  // one code point
            length = shorter;
            found  = tokens(begin, begin + length);
        }
        return length;
    }

    // The length that would fill the limit if tokens were spread evenly.
    std::size_t scaled(std::size_t length, std::size_t found) const {
        const double room = static_cast<double>(limit_ - overhead_);
        const double used = static_cast<double>(found > overhead_ ? found - overhead_ : 1);
        return static_cast<std::size_t>(
            std::min(static_cast<double>(length) * room / used, static_cast<double>(max_bytes_)));
    }

    // The length up to the last boundary between code points at or before `length`; one code point at least.
    // Among more continuation bytes than a code point has any place is a boundary.
    std::size_t cut(std::size_t begin, std::size_t end, std::size_t length) const {
        if (length >= end - begin) return end - begin;
        std::size_t shorter = length;
        while (shorter > 0 && length - shorter < 3 && is_continuation(begin + shorter)) --shorter;
        if (shorter > 0) return is_continuation(begin + shorter) ? length : shorter;
        return first_code_point(text_.substr(begin, end - begin)).length;
    }
    bool is_continuation(std::size_t at) const { return (static_cast<unsigned char>(text_[at]) & 0xC0u) == 0x80u; }

    std::string_view      text_;
    std::size_t           limit_;
    const CountTokens&    count_;
    std::size_t           overhead_;       // tokens of an empty text: the end token, a language code
    std::size_t           max_bytes_ = 0;  // nothing longer is counted
    std::vector<TextPart> parts_;
    std::vector<Atom>     gathered_;  // of the part in the making
    std::size_t           gathered_cost_ = 0;
};

}  // namespace

SplitText split_long(std::string_view text, std::size_t limit, const CountTokens& count) {
    return Splitter(text, limit, count).run();
}

}  // namespace attune
