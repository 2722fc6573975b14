// Paints the scene: the street at night, its signs and the subtitles.
#pragma once

#include "canvas.h"
#include "lines.h"
#include "scene.h"

namespace host {

// Every size of letters that paint() uses.
std::vector<FontStyle> letter_styles(float scale);

void paint(Canvas& canvas, const Scene& scene, std::uint64_t frame, const Lines& lines);

// The parts of it, back to front.
void paint_sky(Canvas& canvas, const Scene& scene, std::uint64_t frame);
void paint_shop(Canvas& canvas, const Scene::Shop& shop);
void paint_sign(Canvas& canvas, const Scene::Shop& shop, const Reading& reading, std::uint64_t frame);
void paint_pavement(Canvas& canvas, const Scene& scene, std::uint64_t frame,
                    std::size_t first_of_shops);  // which it mirrors
void paint_lamps(Canvas& canvas, const Scene& scene, std::uint64_t frame);
void paint_snow(Canvas& canvas, const Scene& scene, std::uint64_t frame);
void paint_subtitle(Canvas& canvas, const Scene& scene, std::uint64_t frame, const Lines& lines);

constexpr float ground = 560;  // where the shops stand

// A number from 0 to 1 that looks random and is the same every time.
float chance(std::uint64_t what, std::uint64_t which);

}  // namespace host
