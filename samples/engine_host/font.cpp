#include "font.h"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace host {
namespace {

constexpr char32_t missing = 0xfffd;

// ASCII, Latin-1, and what French and typographers need beyond them.
std::vector<char32_t> alphabet() {
    std::vector<char32_t> codes;
    for (char32_t code = 0x20; code < 0x7f; ++code) codes.push_back(code);
    for (char32_t code = 0xa1; code < 0x100; ++code) codes.push_back(code);
    for (const char32_t code : {0x152u, 0x153u, 0x178u, 0x2013u, 0x2014u, 0x2018u, 0x2019u, 0x201cu, 0x201du, 0x201eu,
                                0x2026u, 0x20acu, 0xfffdu})
        codes.push_back(code);
    return codes;
}

const char* file_of(Face face) {
    switch (face) {
    case Face::sans_bold: return "DejaVuSans-Bold.ttf";
    case Face::serif_bold: return "DejaVuSerif-Bold.ttf";
    default: return "DejaVuSans.ttf";
    }
}

struct EndLibrary {
    void operator()(FT_Library library) const { FT_Done_FreeType(library); }
};
struct EndFace {
    void operator()(FT_Face face) const { FT_Done_Face(face); }
};

float units(FT_Pos value) { return static_cast<float>(value) / 64; }

}  // namespace

std::vector<char32_t> code_points(const std::string& text) {
    std::vector<char32_t> codes;
    for (std::size_t i = 0; i < text.size();) {
        const auto        first  = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80         ? 1
                                   : first >> 5 == 0x6  ? 2
                                   : first >> 4 == 0xe  ? 3
                                   : first >> 3 == 0x1e ? 4
                                                        : 0;
        if (length == 0 || i + length > text.size()) {
            codes.push_back(missing);
            ++i;
            continue;
        }
        char32_t code = length == 1 ? first : first & (0x7fu >> length);
        for (std::size_t k = 1; k < length; ++k) code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
        codes.push_back(code);
        i += length;
    }
    return codes;
}

Fonts::Fonts(const std::string& folder, const std::vector<FontStyle>& styles) : atlas_(atlas_size * atlas_size) {
    for (const FontStyle style : styles)
        if (!styles_.contains(style)) rasterise(folder + "/" + file_of(style.face), style);
}

void Fonts::rasterise(const std::string& file, FontStyle style) {
    FT_Library library = nullptr;
    if (FT_Init_FreeType(&library)) throw std::runtime_error("FreeType does not start");
    const std::unique_ptr<FT_LibraryRec_, EndLibrary> end_library(library);
    FT_Face                                           face = nullptr;
    if (FT_New_Face(library, file.c_str(), 0, &face))
        throw std::runtime_error("there is no font " + file + " (Debian: fonts-dejavu-core)");
    const std::unique_ptr<FT_FaceRec_, EndFace> end_face(face);
    FT_Set_Pixel_Sizes(face, 0, style.pixels);

    Style&                      made  = styles_[style];
    const std::vector<char32_t> codes = alphabet();
    for (const char32_t code : codes) {
        if (FT_Load_Char(face, code, FT_LOAD_RENDER | FT_LOAD_NO_HINTING)) continue;
        const FT_GlyphSlot slot = face->glyph;
        const FT_Bitmap&   bits = slot->bitmap;
        if (pen_x_ + bits.width + 1 > atlas_size) pen_x_ = 1, pen_y_ += row_ + 1, row_ = 0;
        if (pen_y_ + bits.rows + 1 > atlas_size)
            throw std::runtime_error("the letters do not fit into the atlas: choose a smaller --size");
        for (std::uint32_t y = 0; y < bits.rows; ++y)
            std::copy_n(bits.buffer + static_cast<std::ptrdiff_t>(y) * bits.pitch, bits.width,
                        &atlas_[(pen_y_ + y) * atlas_size + pen_x_]);
        made.glyphs[code] = {.x       = pen_x_,
                             .y       = pen_y_,
                             .width   = bits.width,
                             .height  = bits.rows,
                             .left    = static_cast<float>(slot->bitmap_left),
                             .top     = static_cast<float>(slot->bitmap_top),
                             .advance = units(slot->linearHoriAdvance >> 10)};
        pen_x_ += bits.width + 1;
        row_ = std::max(row_, bits.rows);
    }
    if (!FT_HAS_KERNING(face)) return;
    for (const char32_t left : codes)
        for (const char32_t right : codes) {
            FT_Vector by{};
            FT_Get_Kerning(face, FT_Get_Char_Index(face, left), FT_Get_Char_Index(face, right), FT_KERNING_UNFITTED,
                           &by);
            if (by.x) made.kerning[{left, right}] = units(by.x);
        }
}

const Glyph& Fonts::glyph(FontStyle style, char32_t code) const {
    const std::map<char32_t, Glyph>& glyphs = styles_.at(style).glyphs;
    const auto                       found  = glyphs.find(code);
    return found != glyphs.end() ? found->second : glyphs.at(missing);
}

float Fonts::kerning(FontStyle style, char32_t left, char32_t right) const {
    const auto& pairs = styles_.at(style).kerning;
    const auto  found = pairs.find({left, right});
    return found != pairs.end() ? found->second : 0;
}

float Fonts::width(FontStyle style, const std::vector<char32_t>& text) const {
    float width = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        width += glyph(style, text[i]).advance + (i > 0 ? kerning(style, text[i - 1], text[i]) : 0);
    return width;
}

}  // namespace host
