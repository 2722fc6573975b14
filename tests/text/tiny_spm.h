// Builds small SentencePiece models byte by byte, good and bad ones.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attune::test {

inline std::string varint(std::uint64_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    return out + static_cast<char>(value);
}
inline std::string number_field(std::uint32_t number, std::uint64_t value) {
    return varint(number << 3) + varint(value);
}
inline std::string bytes_field(std::uint32_t number, std::string_view bytes) {
    return varint(number << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}
inline std::string u32(std::uint32_t value) {
    std::string out;
    for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i));
    return out;
}
inline std::string float_field(std::uint32_t number, float value) {
    return varint(number << 3 | 5) + u32(std::bit_cast<std::uint32_t>(value));
}

// A piece as a field of the model. Types: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
inline std::string piece(std::string_view text, float score = -1, std::uint64_t type = 1) {
    return bytes_field(1, bytes_field(1, text) + float_field(2, score) + (type == 1 ? "" : number_field(3, type)));
}

// Units of the double array: see charsmap_check.cpp.
inline std::uint32_t unit(std::uint32_t index, std::uint32_t place, char label, bool has_value) {
    return (index ^ place) << 10 | (has_value ? 0x100u : 0u) | static_cast<unsigned char>(label);
}
inline std::uint32_t value_unit(std::uint32_t value) { return 0x80000000u | value; }

// 'A' -> "a" and "AB" -> "\u00DF": a trie of 256 units with root place 1, 'A' at 1 ^ 'A', ...
struct TinyCharsmap {
    std::vector<std::uint32_t> units =
        std::vector<std::uint32_t>(256, 0x80000000u);   // unused: values that nobody reads
    std::string   replacements = std::string("a\0\xC3\x9F\0", 5);
    std::uint32_t a = 1 ^ 'A', ab = 3 ^ 'B';

    TinyCharsmap() {
        units[0]  = unit(0, 1, 0, false);
        units[a]  = unit(a, 3, 'A', true);
        units[3]  = value_unit(0);
        units[ab] = unit(ab, 4, 'B', true);
        units[4]  = value_unit(2);
    }
    std::string blob() const {
        std::string trie;
        for (const std::uint32_t u : units) trie += u32(u);
        return u32(static_cast<std::uint32_t>(trie.size())) + trie + replacements;
    }
};

// A model of a few pieces; each part can be replaced before bytes() is taken.
struct TinySpm {
    std::string pieces = piece("</s>", 0, 3) + piece("<unk>", 0, 2) + piece("\xE2\x96\x81", -3) + piece("a", -2) +
                         piece("b", -2) +
                         piece("\xE2\x96\x81"
                               "ab",
                               -1) +
                         piece("\xC3\x9F", -4) + piece("x", -2, 4);
    std::string trainer  = number_field(3, 1) + number_field(4, 8);
    std::string charsmap = TinyCharsmap().blob();
    std::string more;   // further fields of the model

    std::string bytes() const {
        return pieces + bytes_field(2, trainer) + bytes_field(3, bytes_field(1, "tiny") + bytes_field(2, charsmap)) +
               more;
    }
};

inline constexpr const char* tiny_vocabulary =
    R"({"</s>":0,"<unk>":1,"▁":2,"a":3,"b":4,"▁ab":5,"ß":6,"x":7,">>de<<":8,"<pad>":9})";

}   // namespace attune::test
