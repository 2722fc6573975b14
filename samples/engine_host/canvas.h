// What is drawn: quads in painter's order, in units of a picture 720 high. Pure; painter.h takes them to Vulkan.
#pragma once

#include "font.h"

#include <cstdint>
#include <string>
#include <vector>

namespace host {

struct Color {
    float red = 0, green = 0, blue = 0, alpha = 1;

    Color with_alpha(float value) const { return {red, green, blue, value}; }
};

constexpr Color rgb(std::uint32_t hex, float alpha = 1) {
    return {static_cast<float>(hex >> 16 & 255) / 255, static_cast<float>(hex >> 8 & 255) / 255,
            static_cast<float>(hex & 255) / 255, alpha};
}
Color mix(Color a, Color b, float t);
// 0 below `from`, 1 above `to`, smooth between.
float smooth(float from, float to, float value);

struct Box {
    float x = 0, y = 0, width = 0, height = 0;  // y goes down
};

// One instance of the shaders' quad; the members are its vertex attributes, in pixels.
struct Quad {
    enum Kind : std::uint32_t { box, glyph, glow, cone, gable };
    float place[4];   // x, y, width, height
    float atlas[4];   // of a glyph: u0, v0, u1, v1
    float top[4];     // colours: along the upper edge,
    float bottom[4];  // and the lower one; straight alpha
    float shape[4];   // kind, corner radius or narrowing, feather, how much light is added instead of covering
};

class Canvas {
public:
    Canvas(const Fonts& fonts, float scale) : fonts_(fonts), scale_(scale) {}

    void box(Box where, Color top, Color bottom, float radius = 0, float feather = 0);
    void box(Box where, Color color, float radius = 0, float feather = 0) { box(where, color, color, radius, feather); }
    void glow(Box where, Color color);                   // an ellipse of added light
    void cone(Box where, Color color, float narrowing);  // a beam of added light: upper edge / lower edge
    void gable(Box where, Color top, Color bottom, float narrowing);

    // Letters from the pen on; returns where it ends. `alpha`, if given, has one value for each letter.
    float text(Face face, float size, float x, float baseline, const std::vector<char32_t>& letters, Color color,
               const std::vector<float>& alpha = {});
    float text_width(Face face, float size, const std::vector<char32_t>& letters) const;

    FontStyle        style(Face face, float size) const { return style_of(face, size, scale_); }
    static FontStyle style_of(Face face, float size, float scale);

    // Draws quads `first` to `last` once more, upside down below `ground`, paler the farther they are from it.
    void reflect(std::size_t first, std::size_t last, float ground, float reach, float strength);

    const std::vector<Quad>& quads() const noexcept { return quads_; }
    void                     clear() { quads_.clear(); }

private:
    void add(Box where, Color top, Color bottom, Quad::Kind kind, float radius, float feather, float added);

    const Fonts&      fonts_;
    float             scale_;
    std::vector<Quad> quads_;
};

}  // namespace host
