// Draws the curves: small plots, each as wide as a phone, side by side where there is room.
#include "bench/report/curves.h"
#include "bench/report/drawing.h"
#include "bench/report/figures.h"
#include "bench/report/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace attune::bench {
namespace {

constexpr double      width = 350, height = 270;
constexpr std::size_t most_charts = 3;  // of one kind

// The sizes that were run, without those whose labels would touch.
std::vector<double> sizes_of(const Chart& chart, const LogAxis& x) {
    constexpr double    apart = 34;
    std::vector<double> sizes, shown;
    for (const Curve& curve : chart.curves)
        for (const CurvePoint& point : curve.points) sizes.push_back(point.x);
    std::ranges::sort(sizes);
    for (const double size : sizes)
        if (shown.empty() || x.at(size) - x.at(shown.back()) >= apart) shown.push_back(size);
    return shown;
}

void draw_curve(Html& html, const Curve& curve, const LogAxis& x, const LogAxis& y, const CurveKind& kind) {
    html.raw("<path class=\"curve");
    colour_class(html, curve.run->index);
    if (curve.dashed) html.raw(" dashed");
    html.raw("\" d=\"");
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
        if (i == 0)
            html.raw("M");
        else
            html.raw("L");
        html.px(x.at(curve.points[i].x)).raw(" ").px(y.at(curve.points[i].y));
    }
    html.raw("\"></path>");
    for (const CurvePoint& point : curve.points)
        draw_mark(html, curve.dashed ? Mark::square : Mark::circle, x.at(point.x), y.at(point.y), *point.record,
                  *curve.run, kind.label(point.y));
}

// Letters at the ends of curves, pushed apart where they would lie on each other.
void draw_letters(Html& html, const Chart& chart, const LogAxis& x, const LogAxis& y) {
    constexpr double apart = 13;
    struct Letter {
        double       x, y;
        const Curve* curve;
    };
    std::vector<Letter> letters;
    for (const Curve& curve : chart.curves)
        letters.push_back({x.at(curve.points.back().x) + 9, y.at(curve.points.back().y) + 4, &curve});
    std::ranges::sort(letters, {}, &Letter::y);
    for (std::size_t i = 1; i < letters.size(); ++i) letters[i].y = std::max(letters[i].y, letters[i - 1].y + apart);
    for (const Letter& letter : letters) {
        html.raw("<text class=\"of-roof");
        colour_class(html, letter.curve->run->index);
        html.raw("\" x=\"").px(letter.x).raw("\" y=\"").px(letter.y).raw("\">").text(letter.curve->run->letter);
        html.raw("</text>");
    }
}

// How each curve grows between its last two points.
void write_growth(Html& html, const Chart& chart) {
    html.raw("<p class=\"growth\">Grows at its end as");
    for (const Curve& curve : chart.curves) {
        if (curve.points.size() < 2) continue;
        char exponent[32];
        std::snprintf(exponent, sizeof exponent, "%.2f", curve.growth());
        html.raw(" <span>");
        chip(html, *curve.run);
        html.raw("n<sup>").text(exponent).raw("</sup>");
        if (curve.dashed) html.raw(" ").text(chart.kind->dashed);
        html.raw("</span>");
    }
    html.raw("</p>");
}

void write_caption(Html& html, const Chart& chart) {
    html.raw("<figcaption><h3>").text(chart.kind->title).raw("</h3>").text(chart.what);
    if (std::ranges::any_of(chart.curves, [](const Curve& curve) { return curve.dashed; }))
        html.raw(" (dashed: ").text(chart.kind->dashed).raw(")");
    html.raw("</figcaption>");
}

void write_chart(Html& html, const Chart& chart) {
    double left = HUGE_VAL, right = 0, least = HUGE_VAL, greatest = 0;
    for (const Curve& curve : chart.curves)
        for (const CurvePoint& point : curve.points) {
            left     = std::min(left, point.x);
            right    = std::max(right, point.x);
            least    = std::min(least, point.y);
            greatest = std::max(greatest, point.y);
        }
    const Area    area{66, 28, width - 22, height - 42};
    const LogAxis x(left / 1.1, right * 1.1, area.left, area.right),
        y(least / 1.5, greatest * 1.5, area.bottom, area.top);
    html.raw("<figure>");
    write_caption(html, chart);
    begin_drawing(html, width, height, std::string(chart.kind->title) + ": " + chart.what);
    draw_grid(html, area, x, sizes_of(chart, x), {count_text, chart.kind->x_name}, y, y.ticks(6),
              {chart.kind->label, chart.kind->y_name});
    for (const Curve& curve : chart.curves) draw_curve(html, curve, x, y, *chart.kind);
    draw_letters(html, chart, x, y);
    html.raw("</svg>");
    if (chart.kind->shows_growth) write_growth(html, chart);
    html.raw("</figure>");
}

}  // namespace

void write_curves(Html& html, const std::vector<Run>& runs) {
    const std::vector<std::vector<Chart>> kinds = charts_of(runs);
    if (std::ranges::all_of(kinds, [](const auto& charts) { return charts.empty(); })) return;
    html.raw(
        "<section id=\"scaling\"><h2>Scaling</h2><p class=\"note\">Cases that differ in one size alone; both axes are "
        "logarithmic.");
    std::size_t more = 0;
    for (const auto& charts : kinds) more += charts.size() - std::min(charts.size(), most_charts);
    if (more > 0) html.raw(" The cases of ").number(more).raw(" more such curves are in the table.");
    html.raw("</p><div class=\"charts\">");
    for (const auto& charts : kinds)
        for (std::size_t i = 0; i < std::min(charts.size(), most_charts); ++i) write_chart(html, charts[i]);
    html.raw("</div></section>");
}

}  // namespace attune::bench
