// Two files against each other: when a difference is one.
#include "bench/report/compare.h"

#include "benchmark_page/records.h"

#include <doctest/doctest.h>

using namespace attune;
using bench::Change;
using bench::Comparison;
using bench::Outcome;
using bench::Record;

namespace {

Record timed(double low, double median, double high) {
    Record r = test::measured("gemm", "n=1", median);
    r.low_ns = r.p10_ns = low;
    r.high_ns = r.p90_ns = high;
    return r;
}

Record wrong() {
    Record r    = test::measured("gemm", "n=1", 100);
    r.ok        = false;
    r.outcome   = Outcome::wrong;
    r.median_ns = r.low_ns = r.high_ns = r.p10_ns = r.p90_ns = {};
    return r;
}

Record without_interval() {
    Record r = timed(100, 100, 100);
    r.low_ns.reset();
    return r;
}

struct ChangeRow {
    const char* what;
    Record      before, after;
    Change      change;
    std::size_t regressions;
};

bool any_note(const Comparison& comparison, const std::string& text) {
    for (const std::string& note : comparison.notes)
        if (note.find(text) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("a case is slower where intervals are apart and the change exceeds 3 %") {
    const ChangeRow rows[] = {
        {"equal", timed(99, 100, 101), timed(99, 100, 101), Change::same, 0},
        {"apart and slower", timed(99, 100, 101), timed(103.5, 104, 105), Change::slower, 1},
        {"apart, by 3 % exactly", timed(99, 100, 101), timed(102, 103, 104), Change::same, 0},
        {"apart by little", timed(99.9, 100, 100.1), timed(101.9, 102, 102.1), Change::same, 0},
        {"much slower, intervals overlap", timed(80, 100, 125), timed(120, 130, 140), Change::same, 0},
        {"intervals touch", timed(99, 100, 105), timed(105, 110, 112), Change::same, 0},
        {"apart and faster", timed(99, 100, 101), timed(80, 81, 82), Change::faster, 0},
        {"wrong now", timed(99, 100, 101), wrong(), Change::now_wrong, 1},
        {"right now", wrong(), timed(99, 100, 101), Change::now_right, 0},
        {"wrong as before", wrong(), wrong(), Change::undecided, 0},
        {"no interval", without_interval(), timed(200, 200, 200), Change::undecided, 0},
    };
    for (const ChangeRow& row : rows) {
        CAPTURE(row.what);
        const std::vector<Record> before = {row.before}, after = {row.after};
        const Comparison          comparison = bench::compare(before, after);
        REQUIRE(comparison.cases.size() == 1);
        CHECK(static_cast<int>(comparison.cases[0].change) == static_cast<int>(row.change));
        CHECK(comparison.regressions == row.regressions);
        CHECK(comparison.notes.empty());
    }
}

TEST_CASE("cases of one file alone are named, and so are other devices and drivers") {
    std::vector<Record> before = {test::measured("gemm", "n=1", 100), test::measured("gemm", "n=2", 100)},
                        after  = before;
    before[1].name             = "softmax:gone";
    after[0].driver            = "driver 2.0";
    after[1].name              = "softmax:new";
    const Comparison drivers   = bench::compare(before, after);
    CHECK(drivers.cases.size() == 1);
    CHECK(any_note(drivers, "only in the first file: softmax:gone"));
    CHECK(any_note(drivers, "only in the second file: softmax:new"));
    CHECK(any_note(drivers, "Device One had driver driver 1.0 (Test 12.3), and has driver 2.0 now"));

    for (Record& r : after) r.device = "Device Two";
    const Comparison devices = bench::compare(before, after);
    CHECK(devices.cases.size() == 1);
    CHECK(
        any_note(devices, "these are different devices, and so are their times: Device One before, Device Two after"));

    after[1].device          = "Device One";
    const Comparison several = bench::compare(before, after);
    CHECK(several.cases.empty());
    CHECK(any_note(several, "softmax:new on Device One"));
}

TEST_CASE("a roof decides nothing, and its end is not compared") {
    const std::vector<Record> before     = {test::roof("read", 100, "start"), test::roof("read", 10, "end")};
    const std::vector<Record> after      = {test::roof("read", 50, "start"), test::roof("read", 50, "end")};
    const Comparison          comparison = bench::compare(before, after);
    REQUIRE(comparison.cases.size() == 1);
    CHECK(comparison.cases[0].ratio == 0.5);
    CHECK(comparison.regressions == 0);
}

TEST_CASE("the table of a comparison has a line for each case, and moves no cursor") {
    std::vector<Record> before = {timed(99, 100, 101), timed(99, 100, 101)}, after = {timed(150, 160, 170), wrong()};
    before[1].name = after[1].name = "gemm:\x1b[2J\nn=2";
    after[0].unstable              = true;
    const std::string text         = text_of(bench::compare(before, after));
    CAPTURE(text);
    CHECK(text.find("100 ns       160 ns     1.60  SLOWER, unstable  gemm:n=1") != std::string::npos);
    CHECK(text.find("WRONG NOW         gemm: [2J n=2") != std::string::npos);
    CHECK(text.find("1 slower, 0 faster, 0 the same, 1 wrong that were right") != std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
}
