// The roofline plot (Williams et al. 2009): FLOP per second against FLOP per byte, both logarithmic. Drawn twice, for wide
// screens and for phones, where labels of a shrunk drawing could not be read.
#include "bench/report/drawing.h"
#include "bench/report/figures.h"
#include "bench/report/text.h"

#include <algorithm>
#include <cmath>

namespace attune::bench {
namespace {

struct Size {
    double      width, height;
    std::size_t x_ticks, y_ticks;
};
constexpr Size wide = {1080, 520, 9, 8}, narrow = {358, 420, 5, 8};

struct Roofs {
    const Run*            run;
    std::optional<double> bytes, f32, f16;  // per second
};

struct Extent {
    double least = HUGE_VAL, greatest = 0;
    void   take(double number) {
          least    = std::min(least, number);
          greatest = std::max(greatest, number);
    }
};

bool   is_drawn(const Record& r) { return r.ok && r.timed() && r.flop > 0 && r.bytes > 0; }
double intensity(const Record& r) { return r.flop / r.bytes; }
double speed(const Record& r) { return r.flop / (*r.median_ns * 1e-9); }

Roofs roofs_of(const Run& run) {
    Roofs roofs{&run, run.roof("read"), run.roof("fma_f32"), run.roof("fma_f16")};
    if (!roofs.bytes) roofs.bytes = run.roof("copy_shader");
    return roofs;
}

Mark mark_of(const std::string& op) {
    if (op == "gemm") return Mark::circle;
    if (op.starts_with("attention")) return Mark::diamond;
    if (op == "encode" || op == "decode_step" || op == "translate") return Mark::triangle;
    return Mark::square;
}

void draw_line(Html& html, std::size_t run, bool dashed, double x0, double y0, double x1, double y1) {
    html.raw("<path class=\"roof");
    colour_class(html, run);
    if (dashed) html.raw(" dashed");
    html.raw("\" d=\"M").px(x0).raw(" ").px(y0).raw("L").px(x1).raw(" ").px(y1).raw("\"></path>");
}

// Whether a device's f16 is worth a line of its own.
bool has_f16(const Roofs& roofs) { return roofs.f16 && *roofs.f16 >= 1.05 * roofs.f32.value_or(0); }

// The slope of memory up to the ridge, and the flat roof of arithmetic from there on.
void draw_roofs(Html& html, const Roofs& roofs, const Area& area, const LogAxis& x, const LogAxis& y) {
    const std::size_t run = roofs.run->index;
    const auto        top = std::max(roofs.f32.value_or(0), roofs.f16.value_or(0));
    if (roofs.bytes) {
        const double ridge = top > 0 ? std::min(top / *roofs.bytes, x.high()) : x.high();
        const double begin = std::max(x.low(), y.low() / *roofs.bytes), end = std::min(ridge, y.high() / *roofs.bytes);
        if (begin < end)
            draw_line(html, run, false, x.at(begin), y.at(begin * *roofs.bytes), x.at(end), y.at(end * *roofs.bytes));
    }
    for (const bool dashed : {false, true}) {
        const auto roof = dashed ? roofs.f16 : roofs.f32;
        if (!roof || (dashed && !has_f16(roofs))) continue;
        const double begin = roofs.bytes ? std::clamp(*roof / *roofs.bytes, x.low(), x.high()) : x.low();
        draw_line(html, run, dashed, x.at(begin), y.at(*roof), area.right, y.at(*roof));
    }
}

// What flat roofs are, at their right ends; side by side where they are near each other.
void label_roofs(Html& html, const std::vector<Roofs>& all, const Area& area, const LogAxis& y) {
    constexpr double height = 13, width = 132;
    struct Label {
        double       y;
        const Roofs* roofs;
        bool         f16;
    };
    std::vector<Label> labels;
    for (const Roofs& roofs : all) {
        if (roofs.f32) labels.push_back({y.at(*roofs.f32) - 5, &roofs, false});
        if (has_f16(roofs)) labels.push_back({y.at(*roofs.f16) - 5, &roofs, true});
    }
    std::ranges::sort(labels, {}, &Label::y);
    double right = area.right, above = -height;
    for (const Label& label : labels) {
        const bool fits = right - 2 * width > area.left;
        right           = label.y - above < height && fits ? right - width : area.right;
        above           = label.y;
        html.raw("<text class=\"of-roof");
        colour_class(html, label.roofs->run->index);
        html.raw("\" x=\"").px(right).raw("\" y=\"").px(label.y).raw("\" text-anchor=\"end\">");
        html.text(label.roofs->run->letter).raw(label.f16 ? Literal(" f16 ") : Literal(" f32 "));
        html.text(scaled_text(label.f16 ? *label.roofs->f16 : *label.roofs->f32, "FLOP/s")).raw("</text>");
    }
}

void draw(Html& html, const std::vector<Run>& runs, const Extent& across, const Extent& up, const Size& size) {
    const Area    area{58, 30, size.width - 18, size.height - 42};
    const LogAxis x(across.least / 1.5, across.greatest * 1.5, area.left, area.right);
    const LogAxis y(up.least / 2, up.greatest * 2, area.bottom, area.top);
    begin_drawing(html, size.width, size.height, "Roofline plot: FLOP per second against FLOP per byte");
    draw_grid(html, area, x, x.ticks(size.x_ticks), {[](double v) { return digits(v); }, "FLOP per byte"}, y,
              y.ticks(size.y_ticks), {[](double v) { return scaled_text(v, ""); }, "FLOP per second"});
    std::vector<Roofs> roofs;
    for (const Run& run : runs)
        if (run.index < most_colours) roofs.push_back(roofs_of(run));
    for (const Roofs& each : roofs) draw_roofs(html, each, area, x, y);
    for (const Run& run : runs) {
        if (run.index >= most_colours) continue;
        for (const Record* r : run.cases)
            if (is_drawn(*r))
                draw_mark(html, mark_of(r->op), x.at(intensity(*r)), y.at(speed(*r)), *r, run,
                          speed_text(*r) + ", " + time_text(*r->median_ns) +
                              (r->share_of_roof ? ", " + percent_text(*r->share_of_roof) + " of " + r->roof : ""));
    }
    label_roofs(html, roofs, area, y);
    html.raw("</svg>");
}

// What the marks mean, and which run has which colour.
void write_key(Html& html, const std::vector<Run>& runs) {
    html.raw("<p class=\"key\">");
    for (const Run& run : runs) {
        if (run.index >= most_colours) break;
        html.raw("<span>");
        chip(html, run);
        html.raw("<span class=\"name\">").text(run.name).raw("</span></span>");
    }
    html.raw("</p><p class=\"key\">"
             "<span><svg class=\"sign\" viewBox=\"-7 -7 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\">"
             "<path d=\"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z\"></path></svg>GEMM</span>"
             "<span><svg class=\"sign\" viewBox=\"-7 -7 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\">"
             "<path d=\"M0 -5.2l5.2 5.2l-5.2 5.2l-5.2 -5.2z\"></path></svg>attention</span>"
             "<span><svg class=\"sign\" viewBox=\"-7 -7 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\">"
             "<path d=\"M-3.6 -3.6h7.2v7.2h-7.2z\"></path></svg>other ops</span>"
             "<span><svg class=\"sign\" viewBox=\"-7 -7 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\">"
             "<path d=\"M0 -5l5 8.6h-10z\"></path></svg>models</span>"
             "<span><svg class=\"sign empty\" viewBox=\"-7 -7 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\">"
             "<path d=\"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z\"></path></svg>unstable</span></p>");
}

}  // namespace

void write_roofline(Html& html, const std::vector<Run>& runs) {
    Extent across, up;
    for (const Run& run : runs) {
        if (run.index >= most_colours) continue;
        for (const Record* r : run.cases) {
            if (!is_drawn(*r)) continue;
            across.take(intensity(*r));
            up.take(speed(*r));
        }
        const Roofs roofs = roofs_of(run);
        if (const auto flop = roofs.f32 ? roofs.f32 : roofs.f16; flop && roofs.bytes) {
            across.take(*flop / *roofs.bytes);
            up.take(*flop);
        }
        if (roofs.f16) up.take(*roofs.f16);
    }
    if (up.greatest <= 0 || across.greatest <= 0 || across.least > across.greatest) return;
    html.raw(
        "<section id=\"roofline\"><h2>Roofline</h2><p class=\"note\">Each mark is a case, each line a measured roof: "
        "the "
        "slope is memory (read), the flat part arithmetic (f32; f16 dashed where it is higher). Under the slope memory "
        "binds, under the flat part arithmetic does. Rest the pointer on a mark to see what it is.</p>");
    write_key(html, runs);
    html.raw("<div class=\"on-wide\">");
    draw(html, runs, across, up, wide);
    html.raw("</div><div class=\"on-narrow\">");
    draw(html, runs, across, up, narrow);
    html.raw("</div>");
    if (runs.size() > most_colours) html.raw("<p class=\"note\">The first eight devices; the table has all.</p>");
    html.raw("</section>");
}

}  // namespace attune::bench
