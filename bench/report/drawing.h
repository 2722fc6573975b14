// What the figures of the page share: logarithmic axes, marks, the letter of a run in its colour.
#pragma once

#include "bench/report/html.h"
#include "bench/report/runs.h"

#include <string>
#include <vector>

namespace attune::bench {

constexpr std::size_t most_colours = 8;   // runs that figures show; the table has all of them
constexpr std::size_t most_lines   = 12;  // in one plot

// Maps numbers on to coordinates, from `begin` to `end` in px; widened to a factor of 4 at least.
class LogAxis {
public:
    LogAxis(double low, double high, double begin, double end);

    double at(double number) const;
    double low() const noexcept { return low_; }
    double high() const noexcept { return high_; }

    // Round numbers in between, few enough for labels: 1, 2 and 5 times powers of ten, or powers alone.
    std::vector<double> ticks(std::size_t most) const;

private:
    double low_, high_, begin_, end_;
};

// A data area inside a drawing, in px.
struct Area {
    double left, top, right, bottom;
};

// " dN", the class that sets a run's colour.
void colour_class(Html& html, std::size_t run);

// The run's letter on its colour.
void chip(Html& html, const Run& run);

// A case's name or a list of kernels, which may break after its punctuation.
void breakable(Html& html, std::string_view name);

// Starts <svg> of a size, described for those who do not see it. The caller ends it with raw("</svg>").
void begin_drawing(Html& html, double width, double height, std::string_view description);

// Grid lines with labels along the left and the bottom edge, and what the axes are.
struct AxisText {
    std::string (*label)(double);
    std::string name;
};
void draw_grid(Html& html, const Area& area, const LogAxis& x, const std::vector<double>& x_ticks,
               const AxisText& x_text, const LogAxis& y, const std::vector<double>& y_ticks, const AxisText& y_text);

enum class Mark { circle, square, diamond, triangle };

// A mark with a text that shows where the pointer rests; hollow: of an unstable result.
void draw_mark(Html& html, Mark mark, double x, double y, const Record& record, const Run& run, std::string_view says);

}  // namespace attune::bench
