#include "generate/time_table.h"

#include <doctest/doctest.h>

using namespace attune;

namespace {

ProgramTimes times_of(double linear, double norm, ProgramTimes::Clock clock = ProgramTimes::Clock::device) {
    return {.clock      = clock,
            .dispatches = {{"linear", "linear_tiled_16", linear},
                           {"layer_norm", "layer_norm", norm},
                           {"linear", "linear_tiled_16", linear}}};
}

}  // namespace

TEST_CASE("programs are timed before their runs 1, 2, 4, 8, .., each counted for itself") {
    TimeTable table;
    for (const char* key : {"step rows 1", "step rows 2"})
        for (int run = 1; run <= 16; ++run) {
            CAPTURE(run);
            CHECK(table.count_run(key) == (run == 1 || run == 2 || run == 4 || run == 8 || run == 16));
        }
}

TEST_CASE("the table weights each program's average by its runs, the costliest kernel first") {
    TimeTable table;
    CHECK(table.text() == "");
    for (int run = 0; run < 10; ++run) table.count_run("step rows 2");
    table.add("step rows 2", times_of(0.5, 3));
    table.add("step rows 2", times_of(1.5, 5));  // average 1 twice, 4: a run takes 6, ten runs 60
    table.count_run("step rows 1");
    table.add("step rows 1", times_of(0, 40));
    table.count_run("encoder tokens 16");
    table.add("encoder tokens 16", times_of(2, 0, ProgramTimes::Clock::host));
    table.count_run("keep rows 8");  // not timed: no line
    CHECK(table.text() ==
          "encoder: programs 1, runs 1, timed 1; each dispatch submitted alone, by the host's clock (the queue has no "
          "timestamps); 4.000000 s in all runs\n"
          " 100.0 %    4.000000 s          2 x 2000000.0 us  linear           linear_tiled_16\n"
          "   0.0 %    0.000000 s          1 x       0.0 us  layer_norm       layer_norm\n"
          "step: programs 2, runs 11, timed 3; each dispatch alone, by the device's timestamps; 100.000000 s in all "
          "runs\n"
          "  80.0 %   80.000000 s         11 x 7272727.3 us  layer_norm       layer_norm\n"
          "  20.0 %   20.000000 s         22 x  909090.9 us  linear           linear_tiled_16\n");
}
