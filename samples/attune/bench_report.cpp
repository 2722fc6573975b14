#include "bench_report.h"

#include "bench/report/compare.h"
#include "bench/report/page.h"
#include "bench/report/read.h"

#include <cstdio>

namespace attune::cli {
namespace {

constexpr std::size_t most_files = 1000;

struct ReportChoice {
    std::string page;
};

Syntax report_syntax(ReportChoice& c) {
    return {.usage = "attune bench report FILE.jsonl... -o PAGE.html",
            .about =
                "Makes one page of results, of one device or of several: roofs, shares of them, curves, every case\n"
                "and what repeats it. The page needs no network. Lines that cannot be read are named with file and\n"
                "line, and the rest is used.\n",
            .operands = most_files,
            .options  = {{{"--output", "-o"}, "PAGE.html", "the page to write", to_text(c.page)}}};
}

Syntax compare_syntax() {
    return {
        .usage = "attune bench compare OLD.jsonl NEW.jsonl",
        .about =
            "Compares the cases of two files by the ratio of their medians, NEW / OLD. A case is slower only where\n"
            "the 95 % intervals of the medians do not overlap and the medians differ by more than 3 %.\n"
            "Exit status: 1 where a case is slower, or wrong that was right.\n",
        .operands = 2,
        .options  = {}};
}

void tell(const std::vector<bench::Problem>& problems) {
    for (const bench::Problem& problem : problems) std::fprintf(stderr, "attune: %s\n", message_of(problem).c_str());
}

bench::Reading read_and_tell(const std::vector<std::filesystem::path>& files) {
    bench::Reading reading = bench::read_records(files);
    tell(reading.problems);
    return reading;
}

}  // namespace

std::string bench_report_help() {
    ReportChoice choice;
    return help_text(report_syntax(choice));
}

std::string bench_compare_help() { return help_text(compare_syntax()); }

int bench_report(const Words& words) {
    ReportChoice choice;
    const Syntax syntax = report_syntax(choice);
    const Words  files  = read_arguments(syntax, words);
    if (files.empty()) throw Error(Status::usage, "bench report", "names no file", "usage: " + syntax.usage);
    if (choice.page.empty()) throw Error(Status::usage, "bench report", "needs -o PAGE.html", "usage: " + syntax.usage);
    const bench::Reading reading = read_and_tell({files.begin(), files.end()});
    bench::write_whole(choice.page, bench::page_of(reading));
    return Exit::done;
}

int bench_compare(const Words& words) {
    const Syntax syntax = compare_syntax();
    const Words  files  = read_arguments(syntax, words);
    if (files.size() != 2) throw Error(Status::usage, "bench compare", "needs two files", "usage: " + syntax.usage);
    const bench::Reading    before = read_and_tell({files[0]}), after = read_and_tell({files[1]});
    const bench::Comparison comparison = bench::compare(before.records, after.records);
    std::fputs(text_of(comparison).c_str(), stdout);
    if (std::fflush(stdout) != 0) return Exit::bad_input;
    return comparison.regressions > 0 ? Exit::bad_input : Exit::done;
}

}  // namespace attune::cli
