// Who was measured: a card for each run, with its roofs and the command that repeats it; and what went wrong.
#include "bench/report/drawing.h"
#include "bench/report/figures.h"
#include "bench/report/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace attune::bench {
namespace {

// The last three are rates of one thing, which people know by its time.
std::string value_text(const MeasuredRoof& roof) {
    const double value = roof.record->value.value_or(0);
    if (!roof.record->ok || value <= 0)
        return roof.record->ok || roof.record->outcome == Outcome::left_out ? "not available" : state_of(*roof.record);
    if (roof.kind.starts_with("dispatch") || roof.kind == "submit") return time_text(1e9 / value);
    std::string unit = roof.record->unit;
    if (unit.ends_with("/s")) unit.resize(unit.size() - 2);
    if (unit == "bytes") unit = "B";
    if (unit == "flop") unit = "FLOP";
    return scaled_text(value, unit + "/s");
}

std::string drift_text(double drift) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f\u00a0%%", 100 * std::abs(drift));
    return (drift < 0 ? "−" : "+") + std::string(text);
}

void write_roofs(Html& html, const Run& run) {
    if (run.roofs.empty()) return;
    html.raw("<table class=\"roofs\"><thead><tr><th scope=\"col\">Roof</th><th scope=\"col\">Start</th>"
             "<th scope=\"col\">End</th></tr></thead><tbody>");
    for (const MeasuredRoof& roof : run.roofs) {
        html.raw("<tr><th scope=\"row\">").text(roof.kind).raw("</th><td>").text(value_text(roof));
        html.raw("</td><td>");
        if (roof.unstable) html.raw("<span class=\"state unsure\">");
        if (roof.drift) html.text(drift_text(*roof.drift));
        if (roof.unstable) html.raw(" unstable</span>");
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table>");
}

void write_counts(Html& html, const Run& run) {
    const auto count = [&](auto&& is) {
        return static_cast<std::size_t>(std::ranges::count_if(run.cases, [&](const Record* r) { return is(*r); }));
    };
    const std::size_t right    = count([](const Record& r) { return r.ok; });
    const std::size_t unstable = count([](const Record& r) { return r.ok && r.unstable; });
    const std::size_t wrong    = count([](const Record& r) { return r.outcome == Outcome::wrong; });
    const std::size_t failed   = count([](const Record& r) { return r.outcome == Outcome::failed; });
    html.raw("<p class=\"counts\"><span class=\"good\">").number(right).raw(" right</span>");
    if (unstable > 0) html.raw(", <span class=\"unsure\">").number(unstable).raw(" of them unstable</span>");
    if (wrong > 0) html.raw(", <span class=\"bad\">").number(wrong).raw(" wrong</span>");
    if (failed > 0) html.raw(", <span class=\"bad\">").number(failed).raw(" failed</span>");
    if (const std::size_t rest = run.cases.size() - right - wrong - failed; rest > 0)
        html.raw(", ").number(rest).raw(" left out");
    html.raw("</p>");
}

void write_fact(Html& html, Literal name, std::string_view value) {
    if (!value.empty()) html.raw("<dt>").raw(name).raw("</dt><dd>").text(value).raw("</dd>");
}

void write_card(Html& html, const Run& run) {
    html.raw("<article class=\"card");
    colour_class(html, run.index);
    html.raw("\"><h3>");
    chip(html, run);
    html.raw("<span class=\"name\">").text(run.any->device).raw("</span></h3>");
    write_counts(html, run);
    html.raw("<dl class=\"facts\">");
    write_fact(html, "Driver", run.any->driver);
    write_fact(html, "Device id", run.any->device_uuid);
    write_fact(html, "attune",
               run.any->version + (run.any->git.empty() ? "" : ", commit " + run.any->git.substr(0, 12)));
    write_fact(html, "Shaders", run.any->shaders.substr(0, 16));
    write_fact(html, "Measured", run.first_date + (run.last_date == run.first_date ? "" : " to " + run.last_date));
    html.raw("</dl>");
    write_roofs(html, run);
    if (run.commands.size() == 1)
        html.raw("<p class=\"repeat\">Repeat it:</p><pre>").text(run.commands.front()).raw("</pre>");
    else if (!run.commands.empty())
        html.raw("<p class=\"repeat\">What repeats a case is at the end of its line below.</p>");
    html.raw("</article>");
}

}  // namespace

void write_devices(Html& html, const std::vector<Run>& runs) {
    html.raw(
        "<section id=\"devices\"><h2>Devices</h2><p class=\"note\">The letter and the colour of a device are the same "
        "in every figure. <em>Start</em> and <em>end</em>: roofs were measured before the first case and again after "
        "the last.</p><div class=\"cards\">");
    for (const Run& run : runs) write_card(html, run);
    html.raw("</div></section>");
}

void write_wrong(Html& html, const std::vector<Run>& runs) {
    bool begun = false;
    for (const Run& run : runs)
        for (const Record* record : run.cases) {
            if (record->outcome != Outcome::wrong && record->outcome != Outcome::failed) continue;
            if (!begun) html.raw("<section class=\"alarm\"><h2>Wrong results</h2><ul>");
            begun = true;
            html.raw("<li>");
            chip(html, run);
            html.raw("<span class=\"state bad\">").text(state_of(*record)).raw("</span> <code>");
            breakable(html, record->name);
            const std::string note = note_of(*record);
            html.raw("</code><p>").text(note);
            if (record->nmse) html.text((note.empty() ? "NMSE " : "; NMSE ") + digits(*record->nmse));
            html.raw("</p>");
            html.raw("</li>");
        }
    if (begun) html.raw("</ul></section>");
}

void write_problems(Html& html, const std::vector<Problem>& problems) {
    if (problems.empty()) return;
    html.raw("<section class=\"alarm\"><h2>Not on this page</h2><ul>");
    for (const Problem& problem : problems) html.raw("<li>").text(message_of(problem)).raw("</li>");
    html.raw("</ul></section>");
}

}  // namespace attune::bench
