#include "canvas.h"

#include <algorithm>
#include <cmath>

namespace host {

Color mix(Color a, Color b, float t) {
    return {a.red + (b.red - a.red) * t, a.green + (b.green - a.green) * t, a.blue + (b.blue - a.blue) * t,
            a.alpha + (b.alpha - a.alpha) * t};
}

float smooth(float from, float to, float value) {
    const float t = std::clamp((value - from) / (to - from), 0.0f, 1.0f);
    return t * t * (3 - 2 * t);
}

void Canvas::add(Box where, Color top, Color bottom, Quad::Kind kind, float radius, float feather, float added) {
    quads_.push_back({{where.x * scale_, where.y * scale_, where.width * scale_, where.height * scale_},
                      {0, 0, 0, 0},
                      {top.red, top.green, top.blue, top.alpha},
                      {bottom.red, bottom.green, bottom.blue, bottom.alpha},
                      {static_cast<float>(kind), radius, feather, added}});
}

void Canvas::box(Box where, Color top, Color bottom, float radius, float feather) {
    add(where, top, bottom, Quad::box, radius * scale_, std::max(1.0f, feather * scale_), 0);
}

void Canvas::glow(Box where, Color color) { add(where, color, color, Quad::glow, 0, 1, 1); }

void Canvas::cone(Box where, Color color, float narrowing) {
    add(where, color, color.with_alpha(0), Quad::cone, narrowing, 1, 1);
}

void Canvas::gable(Box where, Color top, Color bottom, float narrowing) {
    add(where, top, bottom, Quad::gable, narrowing, 1, 0);
}

FontStyle Canvas::style_of(Face face, float size, float scale) {
    return {face, static_cast<std::uint32_t>(std::max(6.0f, std::round(size * scale)))};
}

float Canvas::text_width(Face face, float size, const std::vector<char32_t>& letters) const {
    return fonts_.width(style(face, size), letters) / scale_;
}

float Canvas::text(Face face, float size, float x, float baseline, const std::vector<char32_t>& letters, Color color,
                   const std::vector<float>& alpha) {
    constexpr float texel = 1.0f / static_cast<float>(Fonts::atlas_size);
    const FontStyle which = style(face, size);
    float           pen   = x * scale_;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (i > 0) pen += fonts_.kerning(which, letters[i - 1], letters[i]);
        const Glyph& glyph = fonts_.glyph(which, letters[i]);
        const Color  ink   = alpha.empty() ? color : color.with_alpha(color.alpha * alpha[i]);
        const auto   u = static_cast<float>(glyph.x) * texel, v = static_cast<float>(glyph.y) * texel;
        const auto   width = static_cast<float>(glyph.width), height = static_cast<float>(glyph.height);
        if (glyph.width > 0 && ink.alpha > 0)
            quads_.push_back({{pen + glyph.left, std::round(baseline * scale_) - glyph.top, width, height},
                              {u, v, u + width * texel, v + height * texel},
                              {ink.red, ink.green, ink.blue, ink.alpha},
                              {ink.red, ink.green, ink.blue, ink.alpha},
                              {static_cast<float>(Quad::glyph), 0, 0, 0}});
        pen += glyph.advance;
    }
    return pen / scale_;
}

void Canvas::reflect(std::size_t first, std::size_t last, float ground, float reach, float strength) {
    const float line = ground * scale_, far = reach * scale_;
    for (std::size_t i = first; i < last; ++i) {
        Quad        quad   = quads_[i];
        const float middle = quad.place[1] + quad.place[3] / 2;
        quad.place[1]      = 2 * line - quad.place[1] - quad.place[3];
        std::swap(quad.atlas[1], quad.atlas[3]);
        for (int k = 0; k < 4; ++k) std::swap(quad.top[k], quad.bottom[k]);
        const float fade = strength * std::clamp(1 - (line - middle) / far, 0.0f, 1.0f);
        if (fade <= 0) continue;
        quad.top[3] *= fade;
        quad.bottom[3] *= fade;
        quads_.push_back(quad);
    }
}

}  // namespace host
