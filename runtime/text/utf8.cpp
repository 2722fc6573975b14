#include "text/utf8.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune {
namespace {

constexpr std::string_view replacement     = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

unsigned byte_at(std::string_view text, std::size_t i) noexcept { return static_cast<unsigned char>(text[i]); }

// What a sequence with this first byte looks like. Only the second byte's range depends on the first:
// it is what keeps out overlong forms, surrogates and values beyond U+10FFFF.
struct Form {
    std::size_t length;  // 0: no sequence starts with this byte
    unsigned    second_min, second_max;
    unsigned    first_bits;  // of the code point
};

Form form_of(unsigned first) noexcept {
    if (first < 0x80) return {1, 0, 0, first};
    if (first < 0xC2) return {0, 0, 0, 0};
    if (first < 0xE0) return {2, 0x80, 0xBF, first & 0x1Fu};
    if (first < 0xF0) return {3, first == 0xE0 ? 0xA0u : 0x80u, first == 0xED ? 0x9Fu : 0xBFu, first & 0x0Fu};
    if (first < 0xF5) return {4, first == 0xF0 ? 0x90u : 0x80u, first == 0xF4 ? 0x8Fu : 0xBFu, first & 0x07u};
    return {0, 0, 0, 0};
}

}  // namespace

CodePoint first_code_point(std::string_view text) noexcept {
    const Form form = form_of(byte_at(text, 0));
    if (form.length == 0) return {.length = 1};
    unsigned value = form.first_bits;
    for (std::size_t i = 1; i < form.length; ++i) {
        const unsigned min = i == 1 ? form.second_min : 0x80u;
        const unsigned max = i == 1 ? form.second_max : 0xBFu;
        if (i == text.size() || byte_at(text, i) < min || byte_at(text, i) > max) return {.length = i};
        value = value << 6 | (byte_at(text, i) & 0x3Fu);
    }
    return {.value = static_cast<char32_t>(value), .length = form.length, .valid = true};
}

CleanText clean_text(std::string_view bytes, BadText policy, const std::string& where) {
    CleanText out;
    out.text.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        const CodePoint point = first_code_point(bytes.substr(at));
        if (point.valid && point.value != 0) {
            out.text.append(bytes, at, point.length);
        } else if (policy == BadText::replace) {
            out.text.append(replacement);
            ++out.replaced;
        } else {
            throw Error(Status::bad_input, where,
                        (point.valid ? "holds a NUL at byte " : "is not UTF-8 at byte ") + std::to_string(at),
                        "convert it to UTF-8, or allow bad bytes to be replaced");
        }
        at += point.length;
    }
    return out;
}

std::size_t open_end(std::string_view bytes) noexcept {
    for (std::size_t length = 1; length <= std::min<std::size_t>(bytes.size(), 3); ++length) {
        const std::string_view end = bytes.substr(bytes.size() - length);
        if (form_of(byte_at(end, 0)).length <= length) continue;
        return first_code_point(end).length == length ? length : 0;
    }
    return 0;
}

std::string_view without_byte_order_mark(std::string_view start_of_stream) noexcept {
    if (start_of_stream.starts_with(byte_order_mark)) start_of_stream.remove_prefix(byte_order_mark.size());
    return start_of_stream;
}

bool is_space(char32_t value) noexcept {
    if (value <= 0x20) return value == 0x20 || (value >= 0x09 && value <= 0x0D) || value >= 0x1C;
    return value == 0x85 || value == 0xA0 || value == 0x1680 || (value >= 0x2000 && value <= 0x200A) ||
           value == 0x2028 || value == 0x2029 || value == 0x202F || value == 0x205F || value == 0x3000;
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty()) {
        const CodePoint point = first_code_point(text);
        if (!is_space(point.value)) break;
        text.remove_prefix(point.length);
    }
    while (!text.empty()) {
        std::size_t start = text.size() - 1;  // back to the first byte of the last code point
        while (start > 0 && text.size() - start < 4 && (byte_at(text, start) & 0xC0u) == 0x80u) --start;
        const CodePoint point = first_code_point(text.substr(start));
        if (!is_space(point.value) || start + point.length != text.size()) break;
        text = text.substr(0, start);
    }
    return text;
}

}  // namespace attune
