// Which cases make a curve: those of an op that differ in one size alone.
#pragma once

#include "bench/report/runs.h"

#include <string>
#include <vector>

namespace attune::bench {

struct CurvePoint {
    double        x = 0, y = 0;
    const Record* record = nullptr;
};

struct Curve {
    const Run*              run    = nullptr;
    bool                    dashed = false;  // the kind's second variant
    std::vector<CurvePoint> points;          // by x, each once

    // The exponent e of y ~ x^e between the last two points; 0 where there are not two.
    double growth() const;
};

struct CurveKind;

// One small plot: a curve for each run, and a dashed one for the kind's second variant.
struct Chart {
    const CurveKind*   kind = nullptr;
    std::string        what;  // the parameters that its cases share
    std::vector<Curve> curves;
};

struct CurveKind {
    const char* title;
    const char* x_name;
    const char* y_name;
    const char* dashed;  // what dashed curves are, or ""
    bool        shows_growth;
    bool (*takes)(const Record&);
    bool (*is_dashed)(const Record&);
    double (*x)(const Record&);  // 0 and less: no point
    double (*y)(const Record&);
    std::string (*what)(const Record&);  // what cases of one chart share
    std::string (*label)(double y);
};

// The charts of each kind, those with the most points first; only ones in which a curve has three points or more.
std::vector<std::vector<Chart>> charts_of(const std::vector<Run>& runs);

}  // namespace attune::bench
