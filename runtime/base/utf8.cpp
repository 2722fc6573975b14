#include "base/utf8.h"

#include <cstdint>

namespace attune {
namespace {

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

// Length of the well-formed sequence at the start of text (Unicode 15, table 3-7); 0 if there is none.
std::size_t sequence_length(std::string_view text) noexcept {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (!is_continuation(text[i])) return 0;

    const auto second    = static_cast<unsigned char>(text[1]);
    const bool overlong  = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second >= 0xA0;
    const bool too_large = first == 0xF4 && second >= 0x90;
    return overlong || surrogate || too_large ? 0 : length;
}

void append_escaped(std::string& out, char c) {
    static constexpr char digits[] = "0123456789abcdef";
    const auto            byte     = static_cast<unsigned char>(c);
    out += "\\x";
    out += digits[byte >> 4];
    out += digits[byte & 15u];
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string in_quotes(std::string_view text, std::size_t limit) {
    std::string out   = "\"";
    std::size_t taken = 0;
    while (!text.empty() && taken < limit) {
        const std::size_t length = sequence_length(text);
        const char        c      = text[0];
        const bool        plain  = length > 1 || (length == 1 && c >= 0x20 && c != 0x7F && c != '"' && c != '\\');
        if (plain)
            out.append(text.substr(0, length));
        else
            append_escaped(out, c);
        taken += length == 0 ? 1 : length;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out + (text.empty() ? "\"" : "\"...");
}

}  // namespace attune
