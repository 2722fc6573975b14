#include "text/sentence_split.h"

#include "text/utf8.h"

#include <attune/error.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace attune {
namespace {

// Text with more bytes per token than this on average is taken to be too long without counting.
constexpr std::size_t max_bytes_per_token = 64;
constexpr std::size_t most_bytes          = std::size_t{512} << 10;

bool is_one_of(char32_t c, std::u32string_view set) { return set.find(c) != std::u32string_view::npos; }
bool is_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }

// Marks that end a sentence or clause when white space follows, and those of scripts that put none.
bool ends_sentence_spaced(char32_t c) { return is_one_of(c, U".!?\u2026\u061F\u06D4\u0964\u0965\u203C\u2047"); }
bool ends_sentence_unspaced(char32_t c) { return c >= 0x3000 && is_one_of(c, U"\u3002\uFF01\uFF1F\uFF0E\uFF61"); }
bool ends_clause_spaced(char32_t c) { return is_one_of(c, U",;:\u2013\u2014\u060C\u061B"); }
bool ends_clause_unspaced(char32_t c) { return c >= 0x3000 && is_one_of(c, U"\u3001\uFF0C\uFF1B\uFF1A\uFF64"); }
bool is_closing(char32_t c) {
    return !is_letter(c) && is_one_of(c, U"\"')]}\u00BB\u2019\u201D\u203A\u300D\u300F\uFF09");
}
bool is_line_end(char32_t c) { return c == U'\n' || c == U'\r' || c == U'\u2028' || c == U'\u2029'; }

// The code point at a place; most texts are mostly ASCII.
CodePoint code_point(std::string_view text, std::size_t at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    return byte < 0x80 ? CodePoint{.value = byte, .length = 1, .valid = true} : first_code_point(text.substr(at));
}

// Bytes of white space at the front of a text.
std::size_t leading_space(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const CodePoint point = code_point(text, at);
        if (!is_space(point.value)) break;
        at += point.length;
    }
    return at;
}

// The last code point that is no closing quote or bracket; `before` if there is none.
char32_t last_mark(std::string_view text, char32_t before) {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point(text, at);
        if (!is_closing(point.value)) before = point.value;
        at += point.length;
    }
    return before;
}

// The length up to the last boundary between code points at or before `length`; one code point at least.
// Among more continuation bytes than a code point has any place is a boundary.
std::size_t whole_code_points(std::string_view text, std::size_t length) {
    const auto is_continuation = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u;
    };
    if (length >= text.size()) return text.size();
    std::size_t shorter = length;
    while (shorter > 0 && length - shorter < 3 && is_continuation(shorter)) --shorter;
    if (shorter > 0) return is_continuation(shorter) ? length : shorter;
    return first_code_point(text).length;
}

std::size_t bytes_within(std::size_t limit) {
    return limit > most_bytes / max_bytes_per_token ? most_bytes : limit * max_bytes_per_token;
}

}  // namespace

// Reads an atom, a run of text of one level and the white space behind it, from the front of a text that does
// not start with white space.
class TextCutter::Reader {
public:
    enum class Found { atom, too_long, needs_more };

    // `most`: bytes of text beyond which it does not matter where the atom ends, and of white space that end a sentence.
    Reader(std::string_view text, Window state, std::size_t most) : text_(text), state_(state), most_(most) {}

    // `mark`: the last code point in front of the text, if an atom is read from its middle.
    Found read(Level level, std::size_t most_text, char32_t mark = 0) {
        while (next_ < text_.size()) {
            const CodePoint point = code_point(text_, next_);
            if (is_space(point.value)) {
                if (!skip_space(mark)) return Found::needs_more;
                if (ends_ <= level) return Found::atom;
                continue;
            }
            const bool closing = is_closing(point.value);
            if (!closing && ends_between(mark, point.value) && ends_ <= level) return Found::atom;
            if (next_ + point.length > most_text) return Found::too_long;
            next_ += point.length;
            end_ = next_;
            if (!closing) mark = point.value;
        }
        ends_ = Level::sentence;
        return state_ == Window::ends ? Found::atom : Found::needs_more;
    }

    std::size_t end() const noexcept { return end_; }    // of the text
    std::size_t next() const noexcept { return next_; }  // behind the white space
    Level       ends() const noexcept { return ends_; }  // the highest level that ends here

private:
    // False if the window does not show what ends.
    bool skip_space(char32_t mark) {
        bool line_ends = false;
        while (next_ < text_.size() && next_ - end_ <= most_) {
            const CodePoint point = code_point(text_, next_);
            if (!is_space(point.value)) break;
            line_ends = line_ends || is_line_end(point.value);
            next_ += point.length;
        }
        const bool long_space = next_ - end_ > most_, at_end = next_ == text_.size();
        if (at_end && !long_space && state_ == Window::goes_on) return false;

        const bool sentence = ends_sentence_spaced(mark) || ends_sentence_unspaced(mark);
        // "e.g. this" goes on after its full stops: a small letter follows.
        const bool runs_on = mark == U'.' && !at_end && text_[next_] >= 'a' && text_[next_] <= 'z';
        if (long_space || line_ends || (sentence && !runs_on))
            ends_ = Level::sentence;
        else
            ends_ = sentence || ends_clause_spaced(mark) || ends_clause_unspaced(mark) ? Level::clause : Level::word;
        return true;
    }

    // Between two code points without white space.
    bool ends_between(char32_t mark, char32_t next) {
        const auto ends_either = [](char32_t c) { return ends_sentence_unspaced(c) || ends_clause_unspaced(c); };
        if (ends_sentence_unspaced(mark) && !ends_sentence_unspaced(next))
            ends_ = Level::sentence;
        else if (ends_either(mark) && !ends_either(next))
            ends_ = Level::clause;
        else
            return false;
        return true;
    }

    std::string_view text_;
    Window           state_;
    std::size_t      most_, end_ = 0, next_ = 0;
    Level            ends_ = Level::word;
};

// One window. What is gathered but not yet a part is read again from the next one.
class TextCutter::Pass {
public:
    Pass(TextCutter& cutter, std::string_view text, Window state, const TakePart& take)
        : cutter_(cutter), text_(text), state_(state), take_(take) {}

    std::size_t run() {
        while (at_ < text_.size() && step()) {}
        if (state_ == Window::ends) flush();
        return gathered_.empty() ? at_ : gathered_.front().begin;
    }

private:
    struct Atom {
        std::size_t begin, end, next;  // text [begin, end), white space [end, next)
    };

    // Reads an atom, or some letters of a word, and gathers it. False if the window does not show where it ends.
    bool step() {
        if (const std::size_t space = leading_space(text_.substr(at_)); space > 0) {
            flush();
            take_({{}, text_.substr(at_, space)});
            at_ += space;
            return true;
        }
        if (cutter_.level_ == Level::letters) return cut_word();

        Reader              reader(text_.substr(at_), state_, cutter_.max_bytes_);
        const Reader::Found found = reader.read(cutter_.level_, cutter_.max_bytes_);
        if (found == Reader::Found::needs_more) return false;
        const bool        whole  = found == Reader::Found::atom;
        const std::size_t tokens = whole ? cutter_.tokens(text_.substr(at_, reader.end())) : cutter_.limit_ + 1;
        if (tokens > cutter_.limit_) {
            flush();
            cutter_.go_down();
        } else {
            gather({at_, at_ + reader.end(), at_ + reader.next()}, tokens - std::min(tokens, cutter_.overhead_));
            at_ += reader.next();
            leave(reader.ends());
        }
        return true;
    }

    // What stands inside of an atom that is too long is never joined with what comes behind that.
    void leave(Level ends) {
        if (ends >= cutter_.level_) return;
        flush();
        cutter_.level_ = ends;
    }

    // Adds an atom to the part in the making if the sum of their tokens says that it fits.
    void gather(const Atom& atom, std::size_t cost) {
        const bool room = gathered_cost_ + cost <= cutter_.limit_ - cutter_.overhead_;
        if (!gathered_.empty() && (!room || atom.end - gathered_.front().begin > cutter_.max_bytes_)) flush();
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
        const Atom&            front = gathered_[first];
        const Atom&            back  = gathered_[last - 1];
        const std::string_view text  = text_.substr(front.begin, back.end - front.begin);
        if (last - first > 1 && cutter_.tokens(text) > cutter_.limit_) {
            const std::size_t middle = first + (last - first) / 2;
            emit(first, middle);
            emit(middle, last);
            return;
        }
        take_({text, text_.substr(back.end, back.next - back.end)});
    }

    // Cuts a part off a word over the limit, between code points. The length that fitted last time is the first
    // guess for the next part, and the tokens found in it correct it, so that a part takes a few counts.
    bool cut_word() {
        const std::size_t   most = std::min(2 * cutter_.guess_, cutter_.max_bytes_) + 8;  // nobody looks beyond
        Reader              reader(text_.substr(at_), state_, cutter_.max_bytes_);
        const Reader::Found found = reader.read(Level::word, most, cutter_.mark_);
        if (found == Reader::Found::needs_more) return false;

        const std::string_view word = text_.substr(at_, reader.end());
        cutter_.guess_              = cutter_.fitting_length(word);
        const std::string_view part = word.substr(0, cutter_.guess_);
        if (found == Reader::Found::atom && part.size() == word.size()) {
            take_({part, text_.substr(at_ + reader.end(), reader.next() - reader.end())});
            at_ += reader.next();
            leave(reader.ends());
        } else {
            take_({part, {}});
            at_ += part.size();
            cutter_.mark_ = last_mark(part, cutter_.mark_);
        }
        return true;
    }

    TextCutter&       cutter_;
    std::string_view  text_;
    Window            state_;
    const TakePart&   take_;
    std::vector<Atom> gathered_;  // of the part in the making
    std::size_t       at_ = 0, gathered_cost_ = 0;
};

TextCutter::TextCutter(std::size_t limit, CountTokens count)
    : limit_(limit), count_(std::move(count)), overhead_(count_({})), max_bytes_(bytes_within(limit)) {
    if (limit <= overhead_)
        throw Error(Status::usage, "split", "a limit of " + std::to_string(limit) + " tokens leaves none for text");
}

std::size_t TextCutter::cut(std::string_view window, Window state, const TakePart& take) {
    if (!begun_) {
        if (state == Window::goes_on && window.size() <= max_bytes_) return 0;  // it may be a single part
        begun_           = true;
        const bool blank = leading_space(window) == window.size();
        if (state == Window::ends && !blank && tokens(window) <= limit_) {
            take({window, {}});
            return window.size();
        }
    }
    return Pass(*this, window, state, take).run();
}

void TextCutter::go_down() {
    level_ = static_cast<Level>(static_cast<int>(level_) + 1);
    mark_  = 0;
    guess_ = max_bytes_ / 16;
}

// A length of the word's front that fits, near the greatest; one code point at least.
std::size_t TextCutter::fitting_length(std::string_view word) const {
    const auto  tokens_in = [&](std::size_t bytes) { return tokens(word.substr(0, bytes)); };
    std::size_t length    = whole_code_points(word, guess_);
    std::size_t found     = tokens_in(length);
    if (found <= limit_) {
        const std::size_t longer = whole_code_points(word, std::min(scaled(length, found), length * 2));
        return found < limit_ - limit_ / 8 && longer > length && tokens_in(longer) <= limit_ ? longer : length;
    }
    for (std::size_t next = scaled(length, found); found > limit_; next = length / 2) {
        const std::size_t shorter = whole_code_points(word, std::min(next, length - 1));
        if (shorter >= length) break;  // one code point
        length = shorter;
        found  = tokens_in(length);
    }
    return length;
}

// The length that would fill the limit if tokens were spread evenly.
std::size_t TextCutter::scaled(std::size_t length, std::size_t found) const {
    const double room = static_cast<double>(limit_ - overhead_);
    const double used = static_cast<double>(found > overhead_ ? found - overhead_ : 1);
    return static_cast<std::size_t>(
        std::min(static_cast<double>(length) * room / used, static_cast<double>(max_bytes_)));
}

SplitText split_long(std::string_view text, std::size_t limit, const CountTokens& count) {
    SplitText split;
    TextCutter(limit, count).cut(text, TextCutter::Window::ends, [&](const TextPart& part) {
        if (!part.text.empty()) {
            split.parts.push_back(part);
            return;
        }
        std::string_view& gap = split.parts.empty() ? split.leading : split.parts.back().gap;
        gap                   = gap.empty() ? part.gap
                                            : std::string_view(gap.data(), gap.size() + part.gap.size());  // they follow each other
    });
    return split;
}

}  // namespace attune
