#include "street.h"

#include <algorithm>
#include <cmath>

namespace host {

float chance(std::uint64_t what, std::uint64_t which) {
    std::uint64_t z = what * 0x9e3779b97f4a7c15u + which * 0xbf58476d1ce4e5b9u + 0x94d049bb133111ebu;
    z               = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z               = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return static_cast<float>((z ^ z >> 31) >> 40) / static_cast<float>(1 << 24);
}

namespace {

// Calls paint(index, x) for what stands `distance` apart on a layer that moves with `parallax` of the camera.
template <class Paint>
void for_each_along(const Scene& scene, std::uint64_t frame, float parallax, float distance, const Paint& paint) {
    const float shift = Scene::camera(frame) * parallax;
    for (auto index = static_cast<std::uint64_t>(shift / distance);; ++index) {
        const float x = static_cast<float>(index) * distance - shift - distance;
        if (x > scene.width()) return;
        paint(index, x);
    }
}

void paint_stars(Canvas& canvas, const Scene& scene, std::uint64_t frame) {
    for (std::uint64_t i = 0; i < 90; ++i) {
        const float x = chance(1, i) * scene.width(), y = chance(2, i) * 300, size = 1.2f + 1.5f * chance(3, i);
        const float twinkle =
            0.6f + 0.4f * std::sin(static_cast<float>(frame) * (0.05f + 0.1f * chance(4, i)) + 6.28f * chance(5, i));
        canvas.box({x, y, size, size}, rgb(0xfff6e0, twinkle * (0.9f - y / 400)), size / 2, 1.2f);
    }
}

void paint_moon(Canvas& canvas, const Scene& scene, std::uint64_t frame) {
    const float x = scene.width() * 0.72f - Scene::camera(frame) * 0.03f, y = 92, radius = 32;
    canvas.glow({x - 230, y - 230, 460, 460}, rgb(0x9fb0e8, 0.35f));
    canvas.glow({x - 90, y - 90, 180, 180}, rgb(0xfff0cc, 0.4f));
    canvas.box({x - radius, y - radius, 2 * radius, 2 * radius}, rgb(0xfffaea), rgb(0xf3e2b8), radius, 1.5f);
    canvas.box({x - 14, y - 15, 13, 13}, rgb(0xdcc894, 0.5f), 7, 5);
    canvas.box({x + 3, y + 2, 18, 18}, rgb(0xdcc894, 0.4f), 9, 6);
}

// Roofs and towers far away, nothing but their outline and a few windows.
void paint_skyline(Canvas& canvas, const Scene& scene, std::uint64_t frame, float parallax, float base, Color upper,
                   Color lower, std::uint64_t seed) {
    const float distance = 96;
    for_each_along(scene, frame, parallax, distance, [&](std::uint64_t index, float x) {
        const float width = distance + 4, tall = 60 + 110 * chance(seed, index), top = base - tall;
        canvas.box({x, top, width, ground - top}, upper, lower);
        const bool tower = chance(seed + 1, index) > 0.82f;
        canvas.gable({x - 4, top - (tower ? 70.0f : 26.0f), tower ? width * 0.45f : width + 8, tower ? 71.0f : 27.0f},
                     upper, upper, tower ? 0 : 0.35f);
        if (tower) canvas.box({x + 4, top - 2, width * 0.45f - 16, 60}, upper);
        for (std::uint64_t i = 0; i < 6; ++i) {
            if (chance(seed + 2 + i, index) < 0.55f) continue;
            const auto column = static_cast<float>(i % 3), row = static_cast<float>(i / 3);
            canvas.box({x + 16 + column * 26, top + 16 + row * 30, 9, 13}, rgb(0xffc774, 0.25f + 0.5f * parallax), 1);
        }
    });
}

}  // namespace

void paint_sky(Canvas& canvas, const Scene& scene, std::uint64_t frame) {
    canvas.box({0, 0, scene.width(), 280}, rgb(0x0a0f2c), rgb(0x232a63));
    canvas.box({0, 280, scene.width(), 300}, rgb(0x232a63), rgb(0xb06a6c));
    paint_stars(canvas, scene, frame);
    paint_moon(canvas, scene, frame);
    paint_skyline(canvas, scene, frame, 0.15f, 470, rgb(0x2c2f63), rgb(0x6b4a70), 20);
    paint_skyline(canvas, scene, frame, 0.4f, 520, rgb(0x191c42), rgb(0x33284f), 40);
}

void paint_pavement(Canvas& canvas, const Scene& scene, std::uint64_t frame, std::size_t first_of_shops) {
    const float       width = scene.width(), wet = ground + 14;
    const std::size_t shops = canvas.quads().size();
    canvas.box({0, wet, width, Scene::height - wet}, rgb(0x2a2440), rgb(0x0d0d1e));
    canvas.reflect(first_of_shops, shops, wet, 520, 0.34f);
    // Rows of slabs, wider towards the camera.
    for (int row = 0; row < 6; ++row) {
        const auto  n = static_cast<float>(row);
        const float y = wet + 6 + 5 * n + 4.2f * n * n, tall = 6 + 8.4f * n;
        canvas.box({0, y, width, 1.4f}, rgb(0x05050f, 0.5f), 0, 1.5f);
        for_each_along(scene, frame, 1.0f + 0.05f * n, 90 + 22 * n, [&](std::uint64_t index, float x) {
            canvas.box({x + (row % 2 ? 45.0f : 0.0f), y, 1.4f, tall}, rgb(0x05050f, 0.4f), 0, 1.5f);
            if (chance(60 + static_cast<std::uint64_t>(row), index) > 0.6f)
                canvas.box({x + (row % 2 ? 45.0f : 0.0f), y + 1, 90 + 22 * n, tall - 1}, rgb(0xbfc8ff, 0.035f), 2);
        });
    }
    canvas.box({0, ground, width, 15}, rgb(0x8d8aa6), rgb(0x4a4766));  // the kerb, with snow on it
    canvas.box({-10, ground - 4, width + 20, 8}, rgb(0xe8ecff, 0.85f), 4, 2);
    canvas.box({0, ground + 15, width, 7}, rgb(0x07070f, 0.5f), 0, 6);
}

void paint_lamps(Canvas& canvas, const Scene& scene, std::uint64_t frame) {
    for_each_along(scene, frame, 1.25f, 910, [&](std::uint64_t, float left) {
        const float x = left + 640, head = 210;
        canvas.glow({x - 250, head - 230, 500, 500}, rgb(0xff9340, 0.24f));
        canvas.glow({x - 260, ground + 28, 520, 120}, rgb(0xffb45a, 0.30f));
        canvas.box({x - 4, head + 34, 8, 420}, rgb(0x15131f), rgb(0x201c2c), 3);
        canvas.box({x - 9, 600, 18, 64}, rgb(0x15131f), 4);
        canvas.box({x - 14, head + 30, 28, 7}, rgb(0x15131f), 3);
        canvas.gable({x - 17, head - 16, 34, 12}, rgb(0x15131f), rgb(0x1c1928), 0.3f);
        canvas.box({x - 15, head - 18, 30, 5}, rgb(0xe8ecff, 0.8f), 3);
        canvas.box({x - 11, head - 4, 22, 35}, rgb(0xfff3cf), rgb(0xffc766), 4);
        canvas.box({x - 1, head - 4, 2, 35}, rgb(0x15131f));
        canvas.glow({x - 50, head - 36, 100, 100}, rgb(0xffb468, 0.62f));
    });
}

void paint_snow(Canvas& canvas, const Scene& scene, std::uint64_t frame) {
    const auto  time = static_cast<float>(frame);
    const float wrap = scene.width() + 80;
    for (std::uint64_t i = 0; i < 150; ++i) {
        const float depth = chance(80, i), size = 1.6f + 3.2f * depth * depth;
        const float y    = std::fmod(chance(81, i) * 760 + time * (0.9f + 1.9f * depth), 760.0f) - 20;
        const float sway = 14 * std::sin(time * 0.03f + 6.28f * chance(82, i));
        const float x =
            std::fmod(chance(83, i) * wrap + 64 * wrap - Scene::camera(frame) * (0.3f + 1.1f * depth) + sway, wrap) -
            40;
        canvas.box({x, y, size, size}, rgb(0xf4f6ff, 0.3f + 0.45f * depth), size / 2, 1.6f);
    }
}

void paint(Canvas& canvas, const Scene& scene, std::uint64_t frame, const Lines& lines) {
    canvas.clear();
    paint_sky(canvas, scene, frame);
    const std::size_t first = canvas.quads().size();
    for (const Scene::Shop& shop : scene.shops(frame)) {
        paint_shop(canvas, shop);
        paint_sign(canvas, shop, lines.reading({Kind::sign, shop.number}), frame);
    }
    paint_pavement(canvas, scene, frame, first);
    paint_lamps(canvas, scene, frame);
    paint_snow(canvas, scene, frame);
    paint_subtitle(canvas, scene, frame, lines);
}

}  // namespace host
