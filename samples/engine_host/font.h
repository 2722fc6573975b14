// Glyphs of the European languages at fixed sizes, in one atlas of coverage.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace host {

// Code points of UTF-8; what is no UTF-8 becomes U+FFFD.
std::vector<char32_t> code_points(const std::string& text);

enum class Face { sans, sans_bold, serif_bold };

struct Glyph {
    std::uint32_t x = 0, y = 0, width = 0, height = 0;  // in the atlas
    float         left = 0, top = 0;                    // of the bitmap from the pen on the baseline; top goes up
    float         advance = 0;
};

struct FontStyle {
    Face          face                                            = Face::sans;
    std::uint32_t pixels                                          = 16;
    friend auto   operator<=>(const FontStyle&, const FontStyle&) = default;
};

class Fonts {
public:
    // `folder` holds DejaVuSans.ttf, DejaVuSans-Bold.ttf and DejaVuSerif-Bold.ttf. Throws std::runtime_error.
    Fonts(const std::string& folder, const std::vector<FontStyle>& styles);

    const Glyph& glyph(FontStyle style, char32_t code) const;  // U+FFFD where there is none
    float        kerning(FontStyle style, char32_t left, char32_t right) const;
    float        width(FontStyle style, const std::vector<char32_t>& text) const;

    static constexpr std::uint32_t   atlas_size = 2048;
    const std::vector<std::uint8_t>& atlas() const noexcept { return atlas_; }  // atlas_size * atlas_size

private:
    struct Style {
        std::map<char32_t, Glyph>                      glyphs;
        std::map<std::pair<char32_t, char32_t>, float> kerning;
    };
    void rasterise(const std::string& file, FontStyle style);

    std::map<FontStyle, Style> styles_;
    std::vector<std::uint8_t>  atlas_;
    std::uint32_t              pen_x_ = 1, pen_y_ = 1, row_ = 0;  // where the next glyph goes
};

}  // namespace host
