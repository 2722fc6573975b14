// The page: what is on it, that nothing of a record becomes markup, and that it is written whole.
#include "bench/report/page.h"

#include "bench/report/curves.h"
#include "bench/report/text.h"
#include "benchmark_page/records.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace attune;
using bench::Outcome;
using bench::Record;

namespace {

std::string page_of(std::vector<Record> records) { return bench::page_of({std::move(records), {}}); }

bool holds(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

std::size_t count(const std::string& page, const std::string& text) {
    std::size_t found = 0;
    for (std::size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++found;
    return found;
}

// Every text of a record says that it is markup.
Record hostile() {
    const std::string evil =
        "</style><script>alert(1)</script><img src=\"http://x/\" onerror='y'>&lt;\x1b[2J\xe2\x80\xae";
    Record r = test::measured("gemm", "n=4", 1000);
    for (std::string* text : {&r.name, &r.op, &r.device, &r.device_uuid, &r.driver, &r.path, &r.note, &r.roof, &r.cache,
                              &r.version, &r.git, &r.shaders, &r.date, &r.command, &r.unit})
        *text = evil;
    r.params        = {{evil, evil}, {"n", std::uint64_t{4}}};
    r.share_of_roof = 0.5;
    r.tokens        = 3;
    r.flop          = 100;
    r.bytes         = 100;
    return r;
}

std::vector<Record> hostile_records() {
    std::vector<Record> records;
    for (const Outcome outcome : {Outcome::measured, Outcome::wrong, Outcome::failed, Outcome::left_out}) {
        Record r  = hostile();
        r.outcome = outcome;
        r.ok      = outcome == Outcome::measured;
        if (!r.ok) r.median_ns.reset();
        r.name += bench::name_of(outcome);
        records.push_back(r);
    }
    records.push_back(hostile());
    records.back().name = "roof:<script>alert(2)</script>";
    records.back().op   = "roof";
    return records;
}

// As many devices as colours and letters do not reach.
std::vector<Record> many_devices() {
    std::vector<Record> records;
    for (int i = 0; i < 30; ++i)
        for (Record r : test::two_devices()) {
            r.device += ' ' + std::to_string(i);
            records.push_back(r);
        }
    return records;
}

struct PageRow {
    const char*         what;
    std::vector<Record> records;
};

std::vector<PageRow> pages() {
    Record planned    = test::measured("memory", "context=65536", 1);
    planned.outcome   = Outcome::planned;
    planned.median_ns = planned.p10_ns = planned.p90_ns = planned.low_ns = planned.high_ns = {};
    planned.memory_bytes                                                                   = 1u << 30;
    return {{"two devices", test::two_devices()},
            {"one case", {test::measured("gemm", "n=1", 5)}},
            {"a case without times", {planned}},
            {"roofs alone", {test::roof("read", 1e9, "start")}},
            {"the end of a run alone", {test::roof("read", 0, "end")}},
            {"hostile text", hostile_records()},
            {"many devices", many_devices()}};
}

}  // namespace

TEST_CASE("every page is well formed and loads nothing") {
    const test::TemporaryFolder folder;
    const std::string           checker = ATTUNE_SOURCE_DIR "/tests/benchmark_page/well_formed.py";
    std::string                 command = "python3 -B '" + checker + "'";
    for (const PageRow& row : pages()) {
        std::string name = row.what;
        for (char& c : name)
            if (c == ' ') c = '_';
        command += " '" + folder.write(name + ".html", page_of(row.records)).string() + "'";
    }
    CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("the checker of pages finds what is wrong with one") {
    const test::TemporaryFolder folder;
    const std::string           fine  = page_of(test::two_devices());
    const auto                  fails = [&](std::string page) {
        const std::string file = folder.write("page.html", page).string();
        return std::system(("python3 -B '" ATTUNE_SOURCE_DIR "/tests/benchmark_page/well_formed.py' '" + file +
                            "' >/dev/null 2>&1")
                                                .c_str()) != 0;
    };
    const auto put_in = [&](const std::string& what) {
        std::string page = fine;
        return page.insert(page.find("<section"), what);
    };
    CHECK_FALSE(fails(fine));
    CHECK(fails(put_in("<div>")));
    CHECK(fails(put_in("</div>")));
    CHECK(fails(put_in("<p>a < b</p>")));
    CHECK(fails(put_in("<p>fish & chips</p>")));
    CHECK(fails(put_in("<img src=\"http://example.org/a.png\">")));
    CHECK(fails(put_in("<script>1</script>")));
    CHECK(fails(put_in("<p style=\"background:url(//example.org)\"></p>")));
}

TEST_CASE("text of records is never markup") {
    const std::string page = page_of(hostile_records());
    CHECK(count(page, "<script") == 1);  // the page's own
    CHECK(count(page, "<img") == 0);
    CHECK(count(page, "</style>") == 1);
    CHECK(holds(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    CHECK_FALSE(holds(page, "\x1b"));
}

TEST_CASE("wrong results are shown as wrong, without a speed") {
    const std::string page = page_of(test::two_devices());
    CHECK(holds(page, "1 wrong result."));
    CHECK(holds(page, "1 unstable result."));
    CHECK(holds(page, "NMSE 0.25"));
    CHECK(holds(page, "the device was lost"));
    const std::size_t row = page.find("<th scope=\"row\">softmax:<wbr>of a wrong result");
    REQUIRE(row != std::string::npos);
    const std::string line = page.substr(row, page.find("</tr>", row) - row);
    CHECK(holds(line, "<span class=\"state bad\">wrong</span>"));
    CHECK_FALSE(holds(line, "µs"));
    CHECK_FALSE(holds(line, "/s<"));
}

TEST_CASE("each run has a letter, its driver and what repeats it") {
    const std::string page = page_of(test::two_devices());
    for (const char* text : {"Device One and Device Two", "driver 1.0 (Test 12.3)", "2026-11-21", "0123456789ab",
                             "160 GFLOP/s", "20.0 GB/s", "attune bench --device one --case gemm:"})
        CHECK_MESSAGE(holds(page, text), text);
    CHECK(count(page, "<article class=\"card") == 2);
    CHECK(count(page, "<tr class=\"") == 2 * 16 + 4);
}

TEST_CASE("cases that differ in one size make a curve") {
    const std::vector<Record>     records = test::two_devices();
    const std::vector<bench::Run> runs    = bench::runs_of(records);
    const auto                    charts  = bench::charts_of(runs);
    std::size_t                   shown   = 0;
    for (const auto& kind : charts)
        for (const bench::Chart& chart : kind) {
            ++shown;
            const std::string title = chart.kind->title;
            CAPTURE(title);
            CHECK(chart.curves.size() == (title.starts_with("GEMM") ? 2 : 4));  // two devices; staged, or beam search
            for (const bench::Curve& curve : chart.curves) CHECK(curve.points.size() >= 3);
            if (title == "Attention: time against context")
                for (const bench::Curve& curve : chart.curves) CHECK(curve.growth() == doctest::Approx(2.05));
        }
    CHECK(shown == 4);  // time, memory, GEMM, tokens
}

TEST_CASE("runs of one device are told apart by what differs, and a case that was run twice counts once") {
    std::vector<Record> records(3, test::measured("gemm", "n=1", 5));
    records[1].git       = "another";
    records[2].median_ns = 6;
    const auto runs      = bench::runs_of(records);
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].name == "Device One, commit 0123456789");
    CHECK(runs[1].name == "Device One, commit another");
    REQUIRE(runs[0].cases.size() == 1);
    CHECK(*runs[0].cases[0]->median_ns == 6);
}

TEST_CASE("a roof's drift is the end's beside the start's") {
    std::vector<Record> records = {test::roof("read", 100, "start"), test::roof("read", 90, "end")};
    records[1].unstable         = true;
    const auto runs             = bench::runs_of(records);
    REQUIRE(runs[0].roofs.size() == 1);
    CHECK(*runs[0].roofs[0].drift == doctest::Approx(-0.1));
    CHECK(runs[0].roofs[0].unstable);
    CHECK(*runs[0].roof("read") == 100);
    CHECK(holds(page_of(records), "−10.0\u00a0% unstable"));
}

TEST_CASE("a page is written whole or not at all") {
    const test::TemporaryFolder folder;
    const auto                  path = folder.path() / "page.html";
    bench::write_whole(path, "first");
    bench::write_whole(path, "second");
    std::ifstream file(path);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "second");
    test::expect_error(Status::bad_input, {"absent", "cannot be written"},
                       [&] { bench::write_whole(folder.path() / "absent" / "page.html", "text"); });
    test::expect_error(Status::bad_input, {"cannot be written"}, [&] { bench::write_whole(folder.path(), "text"); });
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
    CHECK(files == 1);  // no temporary name is left
}

TEST_CASE("numbers are shown with three digits and their unit") {
    struct Row {
        std::string shown, expected;
    };
    const Row rows[] = {
        {bench::digits(0), "0"},
        {bench::digits(1), "1.00"},
        {bench::digits(0.0123), "0.0123"},
        {bench::digits(9.996), "10.0"},
        {bench::digits(999.7), "1000"},
        {bench::digits(12345.6), "12346"},
        {bench::digits(1e-9), "1e-09"},
        {bench::digits(-2.5), "-2.50"},
        {bench::time_text(12), "12.0 ns"},
        {bench::time_text(999.7), "1.00 µs"},
        {bench::time_text(1.5e6), "1.50 ms"},
        {bench::time_text(7.2e12), "7200 s"},
        {bench::scaled_text(162e9, "FLOP/s"), "162 GFLOP/s"},
        {bench::scaled_text(3, "B/s"), "3.00 B/s"},
        {bench::count_text(65536), "64k"},
        {bench::count_text(512), "512"},
        {bench::count_text(1000), "1000"},
        {bench::percent_text(0.3456), "34.6 %"},
    };
    for (const Row& row : rows) CHECK(row.shown == row.expected);
}
