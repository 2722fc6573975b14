#include "bench/report/drawing.h"

#include <algorithm>
#include <cmath>

namespace attune::bench {
namespace {

// Ticks are round numbers: "10.0 GB/s" -> "10 GB/s".
std::string tick_text(std::string text) {
    const std::size_t point = text.find('.'), end = text.find_first_not_of("0123456789", point + 1);
    if (point == std::string::npos) return text;
    std::size_t last = std::min(end, text.size());
    while (text[last - 1] == '0') text.erase(--last, 1);
    if (text[last - 1] == '.') text.erase(last - 1, 1);
    return text;
}

}  // namespace

LogAxis::LogAxis(double low, double high, double begin, double end) : low_(low), high_(high), begin_(begin), end_(end) {
    const double lacking = 4 * low_ / high_;
    if (lacking > 1) {
        low_ /= std::sqrt(lacking);
        high_ *= std::sqrt(lacking);
    }
}

double LogAxis::at(double number) const {
    return begin_ + (end_ - begin_) * std::log(number / low_) / std::log(high_ / low_);
}

std::vector<double> LogAxis::ticks(std::size_t most) const {
    const int first    = static_cast<int>(std::floor(std::log10(low_))),
              last     = static_cast<int>(std::ceil(std::log10(high_)));
    const auto between = [&](std::vector<int> multiples, int step) {
        std::vector<double> ticks;
        for (int power = first - (step > 1 ? ((first % step) + step) % step : 0); power <= last; power += step)
            for (const int multiple : multiples) {
                const double tick = multiple * std::pow(10.0, power);
                if (tick >= low_ * 0.999 && tick <= high_ * 1.001) ticks.push_back(tick);
            }
        return ticks;
    };
    if (auto fine = between({1, 2, 5}, 1); fine.size() <= most) return fine;
    int step = 1;
    while (between({1}, step).size() > most) ++step;
    return between({1}, step);
}

void colour_class(Html& html, std::size_t run) {
    if (run < most_colours)
        html.raw(" d").number(run);
    else
        html.raw(" dx");
}

void chip(Html& html, const Run& run) {
    html.raw("<span class=\"chip");
    colour_class(html, run.index);
    html.raw("\" title=\"").text(run.name).raw("\">").text(run.letter).raw("</span>");
}

void breakable(Html& html, std::string_view name) {
    while (!name.empty()) {
        const std::size_t end = std::min(name.find_first_of(",:+"), name.size() - 1) + 1;
        html.text(name.substr(0, end)).raw("<wbr>");
        name.remove_prefix(end);
    }
}

void begin_drawing(Html& html, double width, double height, std::string_view description) {
    html.raw("<svg viewBox=\"0 0 ").px(width).raw(" ").px(height).raw("\" width=\"").px(width).raw("\" height=\"");
    html.px(height).raw("\" role=\"img\" aria-label=\"").text(description).raw("\">");
}

void draw_grid(Html& html, const Area& area, const LogAxis& x, const std::vector<double>& x_ticks,
               const AxisText& x_text, const LogAxis& y, const std::vector<double>& y_ticks, const AxisText& y_text) {
    html.raw("<g class=\"grid\">");
    for (const double tick : x_ticks) {
        html.raw("<path d=\"M").px(x.at(tick)).raw(" ").px(area.top).raw("V").px(area.bottom).raw("\"></path>");
        html.raw("<text x=\"").px(x.at(tick)).raw("\" y=\"").px(area.bottom + 17).raw("\" text-anchor=\"middle\">");
        html.text(tick_text(x_text.label(tick))).raw("</text>");
    }
    for (const double tick : y_ticks) {
        html.raw("<path d=\"M").px(area.left).raw(" ").px(y.at(tick)).raw("H").px(area.right).raw("\"></path>");
        html.raw("<text x=\"").px(area.left - 7).raw("\" y=\"").px(y.at(tick) + 4).raw("\" text-anchor=\"end\">");
        html.text(tick_text(y_text.label(tick))).raw("</text>");
    }
    html.raw("<path class=\"edge\" d=\"M").px(area.left).raw(" ").px(area.top).raw("V").px(area.bottom).raw("H");
    html.px(area.right).raw("\"></path>");
    html.raw("<text class=\"name\" x=\"").px(area.right).raw("\" y=\"").px(area.bottom + 34);
    html.raw("\" text-anchor=\"end\">").text(x_text.name).raw("</text>");
    html.raw("<text class=\"name\" x=\"").px(3).raw("\" y=\"").px(area.top - 11).raw("\">").text(y_text.name);
    html.raw("</text></g>");
}

void draw_mark(Html& html, Mark mark, double x, double y, const Record& record, const Run& run, std::string_view says) {
    html.raw("<path class=\"mark");
    colour_class(html, run.index);
    if (record.unstable) html.raw(" hollow");
    html.raw("\" transform=\"translate(").px(x).raw(" ").px(y).raw(")\" d=\"");
    switch (mark) {
    case Mark::circle: html.raw("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z"); break;
    case Mark::square: html.raw("M-3.6 -3.6h7.2v7.2h-7.2z"); break;
    case Mark::diamond: html.raw("M0 -5.2l5.2 5.2l-5.2 5.2l-5.2 -5.2z"); break;
    case Mark::triangle: html.raw("M0 -5l5 8.6h-10z"); break;
    }
    html.raw("\"><title>").text(run.letter).raw(" ").text(run.name).raw("\n").text(record.name).raw("\n").text(says);
    html.raw("</title></path>");
}

}  // namespace attune::bench
