#include "bench/report/curves.h"

#include "bench/report/drawing.h"
#include "bench/report/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

namespace attune::bench {
namespace {

constexpr std::size_t fewest_points = 3;

double parameter(const Record& r, std::string_view name) { return number_of(r, name).value_or(0); }
double median(const Record& r) { return r.median_ns.value_or(0); }

bool is_attention(const Record& r) { return r.op == "attention" || r.op == "attention_staged"; }
bool is_prefill(const Record& r) {
    return is_attention(r) && parameter(r, "queries") == parameter(r, "keys") && parameter(r, "keys") > 1;
}
bool is_decode(const Record& r) { return is_attention(r) && parameter(r, "queries") == 1; }
bool is_staged(const Record& r) { return r.op == "attention_staged"; }
bool is_beam(const Record& r) { return parameter(r, "beam") > 1; }
bool never(const Record&) { return false; }

double keys(const Record& r) { return parameter(r, "keys"); }
double flop_per_second(const Record& r) { return r.timed() ? r.flop / (*r.median_ns * 1e-9) : 0; }
double tokens_per_second(const Record& r) { return r.timed() && r.tokens ? *r.tokens / (*r.median_ns * 1e-9) : 0; }
double memory(const Record& r) { return static_cast<double>(r.memory_bytes.value_or(0)); }

double context(const Record& r) {
    const double stated = parameter(r, "context");
    return stated > 0 ? stated : keys(r);
}

// The parameters but for some.
std::string all_but(const Record& r, std::initializer_list<std::string_view> without) {
    std::string what;
    for (const auto& each : r.params)
        if (std::ranges::find(without, each.first) == without.end())
            what += (what.empty() ? "" : ", ") + each.first + ' ' + text(each.second);
    return what;
}

std::string growth_unit(double y) { return scaled_text(y, ""); }
std::string byte_unit(double y) { return scaled_text(y, "B"); }
std::string token_unit(double y) { return digits(y); }

constexpr std::array kinds = {
    CurveKind{"Attention: time against context", "tokens of context", "time", "staged", true, is_prefill, is_staged,
              keys, median,
              [](const Record& r) {
                  return all_but(r, {"queries", "keys"});
              },
              time_text},
    // The usual grid: longer sequences, fewer of them.
    CurveKind{"Attention: time, longer and fewer sequences", "tokens of context", "time", "staged", true,
              [](const Record& r) { return is_prefill(r) && parameter(r, "batch") > 0; }, is_staged, keys, median,
              [](const Record& r) {
                  return count_text(parameter(r, "batch") * keys(r)) + " tokens in all, " +
                         all_but(r, {"queries", "keys", "batch"});
              },
              time_text},
    CurveKind{"Attention: one query, time against keys", "keys", "time", "staged", true, is_decode, is_staged, keys,
              median,
              [](const Record& r) {
                  return all_but(r, {"queries", "keys"});
              },
              time_text},
    CurveKind{"Memory against context", "tokens of context", "memory", "staged", true,
              [](const Record& r) { return r.memory_bytes.has_value() && context(r) > 1; }, is_staged, context, memory,
              [](const Record& r) {
                  return all_but(r, {"queries", "keys", "context"});
              },
              byte_unit},
    CurveKind{"GEMM: speed against rows", "rows n", "FLOP/s", "", false, [](const Record& r) { return r.op == "gemm"; },
              never, [](const Record& r) { return parameter(r, "n"); }, flop_per_second,
              [](const Record& r) { return all_but(r, {"n"}); }, growth_unit},
    CurveKind{"Models: tokens per second against batch", "sentences in a batch", "tokens/s", "beam search", false,
              [](const Record& r) { return r.tokens.has_value(); }, is_beam,
              [](const Record& r) { return parameter(r, "batch"); }, tokens_per_second,
              [](const Record& r) {
                  return r.op + ' ' + all_but(r, {"batch", "beam"});
              },
              token_unit},
};

void add_point(Curve& curve, const CurvePoint& point) {
    const auto at = std::ranges::lower_bound(curve.points, point.x, {}, &CurvePoint::x);
    if (at == curve.points.end() || at->x != point.x) curve.points.insert(at, point);
}

std::vector<Chart> charts_of_kind(const CurveKind& kind, const std::vector<Run>& runs) {
    // By what cases share; then solid before dashed, by run.
    std::map<std::string, std::map<std::pair<bool, std::size_t>, Curve>> found;
    for (const Run& run : runs) {
        if (run.index >= most_colours) break;
        for (const Record* record : run.cases) {
            if (!record->ok || !kind.takes(*record)) continue;
            const CurvePoint point{kind.x(*record), kind.y(*record), record};
            if (!(point.x > 0 && point.y > 0)) continue;
            const bool dashed = kind.is_dashed(*record);
            Curve&     curve  = found[kind.what(*record)][{dashed, run.index}];
            curve.run         = &run;
            curve.dashed      = dashed;
            add_point(curve, point);
        }
    }
    std::vector<Chart> charts;
    for (auto& [what, curves] : found) {
        Chart chart{&kind, what, {}};
        for (auto& each : curves)
            if (chart.curves.size() < most_lines) chart.curves.push_back(std::move(each.second));
        if (std::ranges::any_of(chart.curves, [](const Curve& c) { return c.points.size() >= fewest_points; }))
            charts.push_back(std::move(chart));
    }
    const auto points = [](const Chart& chart) {
        std::size_t count = 0;
        for (const Curve& curve : chart.curves) count += curve.points.size();
        return count;
    };
    std::ranges::stable_sort(charts, std::greater(), points);
    return charts;
}

}  // namespace

double Curve::growth() const {
    if (points.size() < 2) return 0;
    const CurvePoint &a = points[points.size() - 2], &b = points.back();
    return std::log(b.y / a.y) / std::log(b.x / a.x);
}

std::vector<std::vector<Chart>> charts_of(const std::vector<Run>& runs) {
    std::vector<std::vector<Chart>> charts;
    for (const CurveKind& kind : kinds) charts.push_back(charts_of_kind(kind, runs));
    return charts;
}

}  // namespace attune::bench
