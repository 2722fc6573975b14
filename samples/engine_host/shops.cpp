// One shop: its house, its windows and what stands in them.
#include "street.h"

#include <cmath>

namespace host {
namespace {

struct Palette {
    std::uint32_t wall, wood, awning;
};
constexpr Palette palettes[] = {
    {0x5a3846, 0x3d2420, 0x8c2f39}, {0x3c4a5e, 0x243038, 0x2f6f6a}, {0x6a5340, 0x4a2f1c, 0xa8642a},
    {0x4a4266, 0x2c2540, 0x54408c}, {0x46524a, 0x26382c, 0x3c7a4c}, {0x664448, 0x442028, 0x9c3a5a},
};
constexpr Color snow{0.91f, 0.93f, 1.0f, 0.9f};

void paint_window(Canvas& canvas, Box at, bool lit, std::uint64_t seed) {
    canvas.box({at.x - 5, at.y - 5, at.width + 10, at.height + 10}, rgb(0x1a1420, 0.75f), 3);
    if (lit) {
        canvas.box(at, rgb(0xffd48a), rgb(0xe8963f), 1);
        canvas.box({at.x, at.y, at.width * 0.24f, at.height}, rgb(0xc9784a, 0.75f), rgb(0xb05c38, 0.75f));
        canvas.box({at.x + at.width * 0.76f, at.y, at.width * 0.24f, at.height}, rgb(0xc9784a, 0.75f),
                   rgb(0xb05c38, 0.75f));
        if (chance(90, seed) > 0.6f)
            canvas.box({at.x + at.width * 0.42f, at.y + at.height * 0.62f, 14, at.height * 0.38f}, rgb(0x5a3020, 0.7f),
                       6);
    } else {
        canvas.box(at, rgb(0x2a3358), rgb(0x4a4668), 1);
        canvas.box({at.x + 3, at.y + 3, at.width * 0.3f, at.height * 0.4f}, rgb(0x8fa2e0, 0.18f));
    }
    const Color frame = rgb(0x231a22);
    canvas.box({at.x + at.width / 2 - 1.5f, at.y, 3, at.height}, frame);
    canvas.box({at.x, at.y + at.height * 0.42f, at.width, 3}, frame);
    canvas.box({at.x - 8, at.y + at.height + 2, at.width + 16, 6}, rgb(0x2a2230), 1);
    canvas.box({at.x - 8, at.y + at.height - 1, at.width + 16, 5}, snow, 2, 1.5f);
    if (lit) canvas.glow({at.x - 40, at.y - 40, at.width + 80, at.height + 80}, rgb(0xff8a38, 0.20f));
}

void paint_roof(Canvas& canvas, float x, float width, float top, std::uint64_t number) {
    const float chimney = x + width * (0.2f + 0.5f * chance(91, number));
    canvas.box({chimney, top - 78, 30, 60}, rgb(0x2c2028), rgb(0x3a2830));
    canvas.box({chimney - 3, top - 82, 36, 6}, snow, 3, 1.5f);
    canvas.gable({x - 14, top - 50, width + 28, 52}, rgb(0x3a3c5e), rgb(0x232038), 0.86f);
    canvas.gable({x - 2, top - 54, width + 4, 12}, snow, snow.with_alpha(0.55f), 0.97f);
    canvas.box({x - 14, top - 2, width + 28, 9}, rgb(0x2a2438), 2);
    canvas.box({x - 14, top - 6, width + 28, 6}, snow.with_alpha(0.8f), 3, 1.5f);
}

// Silhouettes of what is sold: books, loaves, bottles, by the shop's number.
void paint_goods(Canvas& canvas, Box at, std::uint64_t number) {
    constexpr std::uint32_t colors[] = {0x7a3b2e, 0x2e4a5a, 0x6a5a2a, 0x4a2e52, 0x2e5a42, 0x8a4a2a};
    for (int shelf = 0; shelf < 2; ++shelf) {
        const float base = at.y + at.height * (shelf == 0 ? 0.54f : 0.97f);
        canvas.box({at.x + 8, base, at.width - 16, 3}, rgb(0x5a3418, 0.9f));
        float x = at.x + 14;
        for (std::uint64_t i = 0; x < at.x + at.width - 30; ++i) {
            const std::uint64_t which = number * 64 + static_cast<std::uint64_t>(shelf) * 32 + i;
            const float         wide = 8 + 15 * chance(92, which), tall = 16 + 26 * chance(93, which);
            const auto          color = rgb(colors[static_cast<std::size_t>(chance(94, which) * 6)], 0.82f);
            if (number % 3 == 1)
                canvas.box({x, base - tall * 0.55f, wide + 10, tall * 0.55f}, mix(color, rgb(0xb0702c), 0.6f), 8);
            else if (number % 3 == 2) {
                canvas.box({x, base - tall * 0.75f, 11, tall * 0.75f}, color, 3);
                canvas.box({x + 3.5f, base - tall, 4, tall * 0.4f}, color, 1);
            } else
                canvas.box({x, base - tall, wide, tall}, color, 1);
            x += wide + (number % 3 == 0 ? 1.5f : 12.0f) + (chance(95, which) > 0.85f ? 16.0f : 0.0f);
        }
    }
}

void paint_front(Canvas& canvas, float x, float width, const Palette& palette, std::uint64_t number) {
    const Color wood = rgb(palette.wood);
    canvas.box({x + 8, 398, width - 16, ground - 398}, mix(wood, rgb(0x000000), 0.1f), mix(wood, rgb(0x000000), 0.35f),
               3);
    const bool  door_left = number % 2 == 1;
    const float door      = door_left ? x + 26 : x + width - 26 - 74;
    const Box   glass{door_left ? x + 122 : x + 26, 424, width - 148, 104};
    canvas.box(glass, rgb(0xffd48a), rgb(0xe8913c), 2);
    paint_goods(canvas, glass, number);
    canvas.box({glass.x, glass.y, glass.width, 22}, rgb(0xfff2cc, 0.5f), rgb(0xfff2cc, 0));
    canvas.box({glass.x + glass.width * 0.5f - 2, glass.y, 4, glass.height}, wood);
    canvas.box({glass.x - 6, glass.y + glass.height, glass.width + 12, 7}, mix(wood, rgb(0xffffff), 0.12f), 1);

    canvas.box({door, 424, 74, ground - 424}, mix(wood, rgb(0xffffff), 0.08f), wood, 3);
    canvas.box({door + 13, 438, 48, 66}, rgb(0xffd893), rgb(0xe89a48), 3);
    canvas.box({door + 35.5f, 438, 3, 66}, wood);
    canvas.box({door + (door_left ? 62.0f : 6.0f), 506, 6, 6}, rgb(0xe8c070), 3);

    const auto  stripes = static_cast<int>((width - 12) / 26);
    const float stripe  = (width - 12) / static_cast<float>(stripes);
    for (int i = 0; i < stripes; ++i) {
        const Color cloth = i % 2 ? rgb(0xe6dccb) : rgb(palette.awning);
        canvas.box({x + 6 + stripe * static_cast<float>(i), 394, stripe + 0.5f, 27}, mix(cloth, rgb(0x000000), 0.35f),
                   mix(cloth, rgb(0x000000), 0.12f));
        canvas.box({x + 6 + stripe * static_cast<float>(i), 416, stripe, 11}, mix(cloth, rgb(0x000000), 0.2f), 5);
    }
    canvas.box({x + 4, 390, width - 8, 7}, snow, 3, 1.5f);
    canvas.glow({glass.x - 60, glass.y - 50, glass.width + 120, 240}, rgb(0xff7a30, 0.16f));
}

}  // namespace

void paint_shop(Canvas& canvas, const Scene::Shop& shop) {
    const Palette& palette = palettes[shop.number % std::size(palettes)];
    const float    width = 430 + 40 * chance(96, shop.number), x = shop.x - width / 2,
                top  = 148 + 26 * chance(97, shop.number);
    const Color wall = rgb(palette.wall);
    canvas.box({x - 8, top, width + 16, ground - top}, rgb(0x05050f, 0.5f), 4, 22);
    canvas.box({x, top, width, ground - top}, mix(wall, rgb(0x10142e), 0.55f), mix(wall, rgb(0x8a5a3a), 0.25f));
    for (int row = 0; row < 9; ++row) {  // courses of stone
        const float y = top + 18 + 26 * static_cast<float>(row);
        canvas.box({x, y, width, 1}, rgb(0x000000, 0.14f));
    }
    paint_roof(canvas, x, width, top, shop.number);
    constexpr int windows = 4;
    for (int i = 0; i < windows; ++i) {
        const std::uint64_t seed   = shop.number * 8 + static_cast<std::uint64_t>(i);
        const float         middle = x + width * (static_cast<float>(i) + 0.5f) / windows;
        paint_window(canvas, {middle - 24, top + 30, 48, 70}, chance(98, seed) > 0.5f, seed);
    }
    paint_front(canvas, x, width, palette, shop.number);
}

}  // namespace host
