// Per op: how near to its roof each device comes, and how fast it is beside the first device. Bars are elements of HTML,
// which fit any width by themselves.
#include "bench/report/drawing.h"
#include "bench/report/figures.h"
#include "bench/report/text.h"

#include <algorithm>
#include <cmath>

namespace attune::bench {
namespace {

struct Spread {
    double      middle = 0, least = 0, greatest = 0;
    std::size_t count = 0;
};

Spread median_of(std::vector<double> numbers) {
    if (numbers.empty()) return {};
    std::ranges::sort(numbers);
    const std::size_t half   = numbers.size() / 2;
    const double      middle = numbers.size() % 2 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
    return {middle, numbers.front(), numbers.back(), numbers.size()};
}

Spread geometric_mean_of(const std::vector<double>& numbers) {
    if (numbers.empty()) return {};
    double logs = 0;
    for (const double number : numbers) logs += std::log(number);
    const auto ends = std::ranges::minmax(numbers);
    return {std::exp(logs / static_cast<double>(numbers.size())), ends.min, ends.max, numbers.size()};
}

Spread share_of(const Run& run, std::string_view op) {
    std::vector<double> shares;
    for (const Record* record : run.cases)
        if (record->op == op && record->ok && record->share_of_roof) shares.push_back(*record->share_of_roof);
    return median_of(shares);
}

// How many times as fast as `base`, over the cases that both have right.
Spread speed_beside(const Run& base, const Run& run, std::string_view op) {
    std::vector<double> ratios;
    for (const Record* record : run.cases) {
        if (record->op != op || !record->timed()) continue;
        const Record* other = base.find(record->name);
        if (other && other->timed()) ratios.push_back(*other->median_ns / *record->median_ns);
    }
    return geometric_mean_of(ratios);
}

void write_row(Html& html, const Run& run) {
    html.raw("<div class=\"bar");
    colour_class(html, run.index);
    html.raw("\">");
    chip(html, run);
    html.raw("<span class=\"track\">");
}

void write_share(Html& html, const Run& run, const Spread& share) {
    const auto percent = [](double s) { return 100 * std::clamp(s, 0.0, 1.0); };
    write_row(html, run);
    html.raw("<i style=\"width:").px(percent(share.middle)).raw("%\"></i>");
    if (share.count > 1) {
        html.raw("<b style=\"left:").px(percent(share.least)).raw("%;width:");
        html.px(percent(share.greatest) - percent(share.least)).raw("%\"></b>");
    }
    html.raw("</span><span class=\"value\">").text(percent_text(share.middle)).raw("</span></div>");
}

// From the middle of the track, where both are as fast, to the right for faster; `most` fills it.
void write_ratio(Html& html, const Run& run, const Spread& ratio, double most) {
    const auto   percent = [&](double r) { return 50 + 50 * std::clamp(std::log(r) / std::log(most), -1.0, 1.0); };
    const double middle  = percent(ratio.middle);
    write_row(html, run);
    html.raw("<em></em><i style=\"left:")
        .px(std::min(middle, 50.0))
        .raw("%;width:")
        .px(std::abs(middle - 50))
        .raw("%\"></i>");
    if (ratio.count > 1) {
        html.raw("<b style=\"left:").px(percent(ratio.least)).raw("%;width:");
        html.px(percent(ratio.greatest) - percent(ratio.least)).raw("%\"></b>");
    }
    html.raw("</span><span class=\"value\">").text(digits(ratio.middle)).raw(" ×</span></div>");
}

// "12 cases", or how many each run has where they differ.
std::string cases_text(const std::vector<Run>& runs, std::string_view op) {
    std::string text;
    bool        same  = true;
    std::size_t first = 0;
    for (const Run& run : runs) {
        const auto count = static_cast<std::size_t>(
            std::ranges::count_if(run.cases, [&](const Record* r) { return r->op == op && r->timed(); }));
        if (run.index == 0) first = count;
        same = same && count == first;
        text += (text.empty() ? "" : ", ") + run.letter + ' ' + std::to_string(count);
    }
    return (same ? std::to_string(first) : text) + (same && first == 1 ? " case" : " cases");
}

std::string roofs_text(const std::vector<Run>& runs, std::string_view op) {
    std::vector<std::string> roofs;
    for (const Run& run : runs)
        for (const Record* record : run.cases)
            if (record->op == op && record->share_of_roof && std::ranges::find(roofs, record->roof) == roofs.end())
                roofs.push_back(record->roof);
    std::string text;
    for (const std::string& roof : roofs) text += (text.empty() ? ", of " : " or ") + roof;
    return text;
}

double most_ratio(const std::vector<Run>& runs, const std::vector<std::string>& ops) {
    double most = 2;
    for (const Run& run : runs)
        for (const std::string& op : ops)
            if (const Spread ratio = speed_beside(runs.front(), run, op); ratio.count > 0)
                most = std::max({most, ratio.greatest, 1 / ratio.least});
    return most;
}

void write_op(Html& html, const std::vector<Run>& runs, const std::string& op, double most) {
    html.raw("<div class=\"op\"><h3>").text(op).raw("<small>").text(cases_text(runs, op) + roofs_text(runs, op));
    html.raw("</small></h3><div class=\"shares\">");
    for (const Run& run : runs)
        if (const Spread share = share_of(run, op); share.count > 0) write_share(html, run, share);
    html.raw("</div><div class=\"ratios\">");
    for (const Run& run : runs) {
        if (run.index == 0) continue;
        if (const Spread ratio = speed_beside(runs.front(), run, op); ratio.count > 0)
            write_ratio(html, run, ratio, most);
    }
    html.raw("</div></div>");
}

}  // namespace

void write_bars(Html& html, const std::vector<Run>& all) {
    const std::vector<Run>   runs(all.begin(),
                                  all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), most_colours)));
    std::vector<std::string> ops = ops_of(runs);
    std::erase_if(ops, [&](const std::string& op) {
        return std::ranges::all_of(runs, [&](const Run& run) {
            return share_of(run, op).count == 0 && (run.index == 0 || speed_beside(runs.front(), run, op).count == 0);
        });
    });
    if (ops.empty()) return;
    const double most = most_ratio(runs, ops);
    html.raw("<section id=\"ops\"><h2>By op</h2><p class=\"note\">Bars: the median share of the roof that binds a "
             "case, full "
             "width is the roof itself; the thin line is from the least case to the greatest.");
    if (runs.size() > 1) {
        html.raw(" The second bars: how many times as fast as ");
        chip(html, runs.front());
        html.raw(", from the middle, which is 1, to an edge, which is ")
            .text(digits(most))
            .raw(" times (logarithmic).");
    }
    html.raw("</p><div class=\"ops");
    if (runs.size() == 1) html.raw(" alone");
    html.raw("\"><div class=\"op head\"><h3></h3><div>Share of its roof</div><div>");
    if (runs.size() > 1) html.raw("As fast as ").text(runs.front().letter);
    html.raw("</div></div>");
    for (const std::string& op : ops) write_op(html, runs, op, most);
    html.raw("</div></section>");
}

}  // namespace attune::bench
