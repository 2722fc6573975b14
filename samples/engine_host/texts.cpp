// The texts of the scene: signs and subtitles that turn into their translations.
#include "street.h"

#include <algorithm>
#include <cmath>

namespace host {
namespace {

constexpr float sign_size = 33, sign_small = 27, source_size = 24, subtitle_size = 36, tag_size = 15;

struct Row {
    std::size_t first = 0, count = 0;
};

// Rows of at most `room`, broken at spaces, as even as they can be with as few.
std::vector<Row> wrap(const Canvas& canvas, Face face, float size, const std::vector<char32_t>& letters, float room) {
    const auto width = [&](std::size_t from, std::size_t to) {
        return canvas.text_width(
            face, size,
            {letters.begin() + static_cast<std::ptrdiff_t>(from), letters.begin() + static_cast<std::ptrdiff_t>(to)});
    };
    const float      whole = width(0, letters.size());
    const float      aim   = whole / std::ceil(std::max(whole, 1.0f) / room);
    std::vector<Row> rows;
    std::size_t      from = 0;
    for (std::size_t i = 0; i <= letters.size(); ++i) {
        if (i < letters.size() && letters[i] != ' ') continue;
        std::size_t next = std::min(i + 1, letters.size());
        while (next < letters.size() && letters[next] != ' ') ++next;
        const float here = width(from, i), there = width(from, next);  // with the next word and without it
        if (i == letters.size() || there > room || (there > aim && there - aim > aim - here)) {
            rows.push_back({from, i - from});
            from = i + 1;
        }
    }
    return rows;
}

struct Look {
    Face  face = Face::sans;
    float size = 0;
    Color color, fresh;  // when it is there, and when it has just come
};

// How much of each letter there is, `frames` after it came.
std::vector<float> presence(const Reading& reading, std::uint64_t frame, float frames) {
    std::vector<float> values;
    for (const std::uint64_t arrived : reading.arrived)
        values.push_back(smooth(-1, frames, static_cast<float>(frame) - static_cast<float>(arrived)));
    return values;
}

// One row around `middle`: letters that have just come are still in their fresh colour.
void paint_row(Canvas& canvas, const Look& look, float middle, float baseline, const std::vector<char32_t>& letters,
               const std::vector<float>& alpha, float strength) {
    const float x = middle - canvas.text_width(look.face, look.size, letters) / 2;
    if (alpha.empty()) {
        canvas.text(look.face, look.size, x, baseline, letters, look.color.with_alpha(strength));
        return;
    }
    std::vector<float> settled = alpha, fresh = alpha;
    for (std::size_t i = 0; i < alpha.size(); ++i)
        settled[i] = strength * alpha[i], fresh[i] = strength * alpha[i] * (1 - alpha[i]) * 3;
    canvas.text(look.face, look.size, x, baseline, letters, look.color, settled);
    canvas.text(look.face, look.size, x, baseline, letters, look.fresh, fresh);
}

void paint_rows(Canvas& canvas, const Look& look, float middle, float center, const std::vector<Row>& rows,
                const std::vector<char32_t>& letters, const std::vector<float>& alpha, float strength) {
    const float line  = look.size * 1.2f;
    float       below = center - line * static_cast<float>(rows.size()) / 2 + look.size * 0.97f;
    for (const Row& row : rows) {
        const auto from = static_cast<std::ptrdiff_t>(row.first),
                   to   = static_cast<std::ptrdiff_t>(row.first + row.count);
        paint_row(canvas, look, middle, below, {letters.begin() + from, letters.begin() + to},
                  alpha.empty() ? alpha : std::vector<float>(alpha.begin() + from, alpha.begin() + to), strength);
        below += line;
    }
}

struct Plate {
    std::uint32_t edge, upper, lower, ink;
};
constexpr Plate plates[] = {
    {0xe9d9b0, 0x1f3f78, 0x152a55, 0xfff3d2},  // blue enamel
    {0x8a5a2c, 0x5c3a1e, 0x3e2512, 0xffe2a0},  // wood
    {0xe9d9b0, 0x1f5a44, 0x133c2e, 0xfff3d2},  // green enamel
    {0xe9d9b0, 0x7c1f2c, 0x56131e, 0xfff0d8},  // red enamel
};

}  // namespace

std::vector<FontStyle> letter_styles(float scale) {
    return {Canvas::style_of(Face::serif_bold, sign_size, scale), Canvas::style_of(Face::serif_bold, sign_small, scale),
            Canvas::style_of(Face::sans, source_size, scale), Canvas::style_of(Face::sans, subtitle_size, scale),
            Canvas::style_of(Face::sans_bold, tag_size, scale)};
}

namespace {

constexpr float plate_width = 372, plate_height = 96, plate_top = 284;

void paint_plate(Canvas& canvas, float x, std::size_t number, float lamp) {
    const Plate& plate = plates[number % std::size(plates)];
    const float  y     = plate_top;
    canvas.box({x - 6, y + 2, plate_width + 12, plate_height + 12}, rgb(0x000000, 0.5f), 10, 16);
    canvas.box({x - 5, y - 5, plate_width + 10, plate_height + 10},
               mix(rgb(plate.edge), rgb(0x201828), 0.5f - 0.4f * lamp), 9);
    canvas.box({x, y, plate_width, plate_height}, mix(rgb(plate.upper), rgb(0xffffff), 0.06f + 0.1f * lamp),
               rgb(plate.lower), 6);
    if (number % std::size(plates) == 1)  // boards
        for (int i = 1; i < 4; ++i)
            canvas.box({x + 3, y + plate_height * static_cast<float>(i) / 4, plate_width - 6, 1.5f},
                       rgb(0x20120a, 0.55f), 0, 1.5f);
    for (const float side : {x + 8, x + plate_width - 14})
        for (const float row : {y + 7, y + plate_height - 13}) canvas.box({side, row, 6, 6}, rgb(plate.edge, 0.85f), 3);
}

// Two lamps over the sign, as bright as `lamp` says.
void paint_sign_lamps(Canvas& canvas, float middle, float lamp) {
    const float y = plate_top;
    for (const float arm : {middle - 105, middle + 105}) {
        canvas.box({arm - 2, y - 26, 4, 18}, rgb(0x14111c));
        canvas.gable({arm - 19, y - 16, 38, 13}, rgb(0x241f2e), rgb(0x14111c), 0.35f);
        if (lamp <= 0) continue;
        canvas.cone({arm - 110, y - 4, 220, plate_height + 44}, rgb(0xffd590, 0.42f * lamp), 0.16f);
        canvas.glow({arm - 46, y - 40, 92, 70}, rgb(0xffe0a8, 0.7f * lamp));
        canvas.box({arm - 12, y - 5, 24, 5}, rgb(0xfff6dc, lamp), 2.5f);
    }
}

}  // namespace

void paint_sign(Canvas& canvas, const Scene::Shop& shop, const Reading& reading, std::uint64_t frame) {
    const float now  = static_cast<float>(frame);
    const float lamp = reading.finished ? smooth(0, 18, now - static_cast<float>(*reading.finished)) : 0;
    paint_plate(canvas, shop.x - plate_width / 2, shop.number, lamp);

    const float center = plate_top + plate_height / 2, room = plate_width - 44;
    const Color ink   = mix(rgb(plates[shop.number % std::size(plates)].ink), rgb(0x8a8494), 0.22f - 0.22f * lamp);
    const auto  write = [&](const std::vector<char32_t>& letters, const std::vector<float>& alpha, float strength) {
        const bool small = canvas.text_width(Face::serif_bold, sign_size, letters) > 1.75f * room;
        const Look look{Face::serif_bold, small ? sign_small : sign_size, ink, rgb(0xffb347)};
        paint_rows(canvas, look, shop.x, center, wrap(canvas, look.face, look.size, letters, room), letters, alpha,
                    strength);
    };
    const float there = reading.arrived.empty() ? 0 : smooth(0, 10, now - static_cast<float>(reading.arrived.front()));
    if (there < 1) write(code_points(line_of({Kind::sign, shop.number}).text), {}, 1 - there);
    if (there > 0) write(reading.letters, presence(reading, frame, 8), 1);
    paint_sign_lamps(canvas, shop.x, lamp);
}

void paint_subtitle(Canvas& canvas, const Scene& scene, std::uint64_t frame, const Lines& lines) {
    const std::optional<Scene::Subtitle> subtitle = Scene::subtitle(frame);
    if (!subtitle) return;
    const LineId                id{Kind::subtitle, subtitle->number};
    const Line&                 line    = line_of(id);
    const Reading&              reading = lines.reading(id);
    const std::vector<char32_t> source  = code_points(line.text);
    const float                 strength =
        std::min(smooth(-1, 6, static_cast<float>(subtitle->age)), smooth(-1, 6, static_cast<float>(subtitle->left)));
    const float middle = scene.width() / 2, top = 598;
    const float wide = std::max({canvas.text_width(Face::sans, source_size, source) + 74,
                                 canvas.text_width(Face::sans, subtitle_size, reading.letters), 420.0f}) +
                       84;
    canvas.box({middle - wide / 2, top, wide, 106}, rgb(0x05060f, 0.92f * strength), rgb(0x05060f, 0.95f * strength),
               18, 3);

    const float there =
        reading.arrived.empty() ? 0 : smooth(-1, 8, static_cast<float>(frame - reading.arrived.front()));
    const float           upper = top + 38;
    std::vector<char32_t> tag;
    for (const char* c = line.from; *c; ++c) tag.push_back(static_cast<char32_t>(*c - 'a' + 'A'));
    const float tag_width = canvas.text_width(Face::sans_bold, tag_size, tag) + 18;
    const float left      = middle - (canvas.text_width(Face::sans, source_size, source) + tag_width + 12) / 2;
    canvas.box({left, upper - 20, tag_width, 24}, rgb(0xd9963a, 0.85f * strength), 6);
    canvas.text(Face::sans_bold, tag_size, left + 9, upper - 2.5f, tag, rgb(0x1a1206, strength));
    canvas.text(Face::sans, source_size, left + tag_width + 12, upper, source,
                mix(rgb(0xfff1d0), rgb(0xd2b98c), there).with_alpha(strength));
    for (int i = 0; i < 3; ++i) {  // three dots that breathe until the first word is there
        const float breath =
            0.35f + 0.3f * std::sin(static_cast<float>(subtitle->age) * 0.25f - 0.9f * static_cast<float>(i));
        canvas.box({middle - 28 + 23 * static_cast<float>(i), top + 68, 10, 10},
                   rgb(0xd2b98c, strength * breath * std::max(0.0f, 1 - 2 * there)), 5);
    }
    paint_row(canvas, {Face::sans, subtitle_size, rgb(0xffffff), rgb(0xffb347)}, middle, top + 87, reading.letters,
              presence(reading, frame, 6), strength);
}

}  // namespace host
