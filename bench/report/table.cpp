// Every case of every run, as a table that can be sorted and searched where scripts run.
#include "bench/report/drawing.h"
#include "bench/report/figures.h"
#include "bench/report/text.h"

#include <algorithm>
#include <cstdio>

namespace attune::bench {
namespace {

std::string sort_key(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", number);
    return text;
}

// A cell of a number, with what it is sorted by; empty ones come last.
void write_number(Html& html, const std::string& shown, double sorted_by) {
    html.raw("<td class=\"n\" data-v=\"").text(shown.empty() ? std::string() : sort_key(sorted_by)).raw("\">");
    html.text(shown).raw("</td>");
}

double per_second(const Record& r) {
    if (!r.timed()) return 0;
    return (r.tokens ? *r.tokens : r.flop > 0 ? r.flop : r.bytes) / *r.median_ns;
}

void write_state(Html& html, const Record& r) {
    html.raw("<td><span class=\"state");
    if (!r.ok && r.outcome != Outcome::left_out)
        html.raw(" bad");
    else if (r.unstable)
        html.raw(" unsure");
    else if (r.outcome == Outcome::measured)
        html.raw(" good");
    html.raw("\">").text(state_of(r)).raw("</span></td>");
}

std::string range_text(const std::optional<double>& from, const std::optional<double>& to) {
    return from && to ? time_text(*from) + " to " + time_text(*to) : std::string();
}

void write_share(Html& html, const Record& r) {
    if (!r.ok || !r.share_of_roof) {
        html.raw("<td class=\"n\" data-v=\"\"></td><td></td>");
        return;
    }
    html.raw("<td class=\"n\" data-v=\"")
        .text(sort_key(*r.share_of_roof))
        .raw("\"><span class=\"mini\"><i style=\"width:");
    html.px(100 * std::clamp(*r.share_of_roof, 0.0, 1.0)).raw("%\"></i></span>").text(percent_text(*r.share_of_roof));
    html.raw("</td><td>").text(r.roof).raw("</td>");
}

void write_line(Html& html, const Run& run, const Record& r) {
    html.raw("<tr class=\"");
    if (!r.ok && r.outcome != Outcome::left_out) html.raw("is-bad");
    colour_class(html, run.index);
    html.raw("\"><th scope=\"row\">");
    breakable(html, r.name);
    html.raw("</th><td>");
    chip(html, run);
    html.raw("</td>");
    write_state(html, r);
    write_number(html, r.timed() ? time_text(*r.median_ns) : "", r.median_ns.value_or(0));
    write_number(html, r.timed() ? range_text(r.p10_ns, r.p90_ns) : "", r.p10_ns.value_or(0));
    write_number(html, speed_text(r), per_second(r));
    write_share(html, r);
    write_number(html, r.memory_bytes ? scaled_text(static_cast<double>(*r.memory_bytes), "B") : "",
                 static_cast<double>(r.memory_bytes.value_or(0)));
    write_number(html, r.nmse ? digits(*r.nmse) : "", r.nmse.value_or(0));
    html.raw("<td class=\"why\">").text(note_of(r)).raw("</td><td>").text(r.cache).raw("</td><td class=\"path\">");
    breakable(html, r.path);
    html.raw("</td>");
    write_number(html, range_text(r.low_ns, r.high_ns), r.low_ns.value_or(0));
    html.raw("<td>").text(r.date).raw("</td><td class=\"command\"><code>").text(r.command).raw("</code></td></tr>");
}

}  // namespace

void write_table(Html& html, const std::vector<Run>& runs) {
    html.raw(
        "<section id=\"table\"><h2>All results</h2><p class=\"note\">The table scrolls by itself. Where scripts run, a "
        "heading sorts it.</p><p id=\"filter\"></p><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"All results\"><table class=\"all\"><thead><tr>");
    for (const Literal name :
         {Literal("Case"), Literal("Device"), Literal("Result"), Literal("Median"), Literal("p10 to p90"),
          Literal("Speed"), Literal("Share of roof"), Literal("Roof"), Literal("Memory"), Literal("NMSE"),
          Literal("Note"), Literal("Cache"), Literal("Kernels"), Literal("95 % interval of the median"),
          Literal("Date"), Literal("What repeats it")})
        html.raw("<th scope=\"col\">").raw(name).raw("</th>");
    html.raw("</tr></thead><tbody>");
    for (const std::string& op : ops_of(runs))
        for (const std::string& name : cases_of(runs, op))
            for (const Run& run : runs)
                if (const Record* record = run.find(name); record && record->op == op) write_line(html, run, *record);
    html.raw("</tbody></table></div></section>");
}

}  // namespace attune::bench
