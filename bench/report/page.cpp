#include "bench/report/page.h"

#include "bench/report/figures.h"
#include "bench/report/text.h"

#include <attune/error.hpp>

#include <algorithm>
#include <fstream>
#include <random>

namespace attune::bench {
namespace {

#include "page_files.inc"  // page_css, page_js

std::string counted(std::size_t count, const char* one) {
    return std::to_string(count) + ' ' + one + (count == 1 ? "" : "s");
}

std::string title_of(const std::vector<Run>& runs) {
    std::string title = runs.front().any->device;
    if (runs.size() == 2) title += " and " + runs.back().any->device;
    if (runs.size() > 2) title += " and " + counted(runs.size() - 1, "other device");
    return title;
}

struct Counts {
    std::size_t results = 0, wrong = 0, unstable = 0, left_out = 0;
};

Counts counts_of(const std::vector<Run>& runs) {
    Counts counts;
    for (const Run& run : runs)
        for (const Record* record : run.cases) {
            counts.left_out += record->outcome == Outcome::left_out ? 1 : 0;
            counts.results += record->outcome == Outcome::left_out ? 0 : 1;
            counts.wrong += record->outcome == Outcome::wrong ? 1 : 0;
            counts.unstable += record->ok && record->unstable ? 1 : 0;
        }
    return counts;
}

std::string days_of(const std::vector<Run>& runs) {
    std::string first, last;
    for (const Run& run : runs) {
        if (first.empty() || (!run.first_date.empty() && run.first_date < first)) first = run.first_date;
        last = std::max(last, run.last_date);
    }
    first.resize(std::min<std::size_t>(first.size(), 10));
    last.resize(std::min<std::size_t>(last.size(), 10));
    return first == last ? first : first + " to " + last;
}

// Links to those of the parts that are there.
void write_links(Html& html, const Html& parts) {
    struct Part {
        Literal id, name;
    };
    constexpr Part all[] = {{"devices", "Devices"}, {"roofline", "Roofline"}, {"ops", "By op"},
                            {"scaling", "Scaling"}, {"table", "All results"}, {"reading", "How to read it"}};
    html.raw("<nav>");
    for (const Part& part : all)
        if (parts.str().find("<section id=\"" + std::string(part.id.text) + '"') != std::string::npos)
            html.raw("<a href=\"#").raw(part.id).raw("\">").raw(part.name).raw("</a>");
    html.raw("</nav>");
}

void write_head(Html& html, const std::vector<Run>& runs, const Html& parts) {
    const Counts      counts = counts_of(runs);
    const std::string days   = days_of(runs);
    html.raw("<header><p class=\"brand\">attune bench</p><h1>").text(title_of(runs)).raw("</h1><p class=\"lead\">");
    html.text(counted(counts.results, "result")).raw(", each checked before it was timed");
    if (!days.empty()) html.raw(", ").text(days);
    html.raw(". ");
    if (counts.wrong > 0)
        html.raw("<strong class=\"bad\">").text(counted(counts.wrong, "wrong result")).raw(".</strong> ");
    else if (counts.results > 0)
        html.raw("<strong class=\"good\">None was wrong.</strong> ");
    if (counts.unstable > 0)
        html.raw("<strong class=\"unsure\">").text(counted(counts.unstable, "unstable result")).raw(".</strong> ");
    if (counts.left_out > 0) html.text(counted(counts.left_out, "case")).raw(" left out.");
    html.raw("</p>");
    write_links(html, parts);
    html.raw("</header>");
}

constexpr const char reading_guide[] = R"(<section id="reading"><h2>How to read it</h2><dl>
<dt>Roof</dt><dd>What the device does through the same driver, in the same process, when nothing else is asked of it: copying,
reading, multiplying and adding. The share of a roof is how near a case came to the one that binds it. A roof is measured, so it
is no limit: what stays in a cache can exceed the roof of memory.</dd>
<dt>Median, p10 to p90</dt><dd>Of samples that last a millisecond or longer; half of them were faster than the median, four in
five lie between p10 and p90.</dd>
<dt>Unstable</dt><dd>The device did not settle, or its roofs moved by more than 5 % from the beginning to the end of the run. Marks
of such results are hollow.</dd>
<dt>Wrong</dt><dd>Every case is computed once more by an oracle in double precision, and the normalised mean squared error (NMSE)
of the device must stay below a bound. A result that does not has no speed.</dd>
<dt>As fast as</dt><dd>Ratios of medians, over the cases that both devices ran and got right; the geometric mean of an op's cases,
with the least and the greatest.</dd></dl></section>)";

std::filesystem::path beside(const std::filesystem::path& path) {
    std::random_device    random;
    std::filesystem::path name = path;
    name += "." + std::to_string(random()) + ".part";
    return name;
}

}  // namespace

std::string page_of(const Reading& reading) {
    const std::vector<Run> runs = runs_of(reading.records);
    Html                   parts;
    write_problems(parts, reading.problems);
    write_wrong(parts, runs);
    write_devices(parts, runs);
    write_roofline(parts, runs);
    write_bars(parts, runs);
    write_curves(parts, runs);
    write_table(parts, runs);
    parts.raw(reading_guide);
    Html html;
    html.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
             "<meta name=\"color-scheme\" content=\"light dark\">"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
             "script-src 'unsafe-inline'\"><title>attune bench: ");
    html.text(title_of(runs)).raw("</title><style>").raw(page_css).raw("</style></head><body><main>");
    write_head(html, runs, parts);
    html.append(parts).raw("</main><script>").raw(page_js).raw("</script></body></html>\n");
    return html.str();
}

void write_whole(const std::filesystem::path& path, std::string_view text) {
    const std::string           name = printable(path.string());
    const std::filesystem::path part = beside(path);
    std::error_code             failed, ignored;
    {
        std::ofstream file(part, std::ios::binary | std::ios::trunc);
        if (!file) throw Error(Status::bad_input, name, "cannot be written", "is there such a folder?");
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
        file.close();
        if (!file) {
            std::filesystem::remove(part, ignored);
            throw Error(Status::bad_input, name, "cannot be written", "is the disk full?");
        }
    }
    std::filesystem::rename(part, path, failed);
    if (!failed) return;
    std::filesystem::remove(part, ignored);
    throw Error(Status::bad_input, name, "cannot be written: " + failed.message());
}

}  // namespace attune::bench
