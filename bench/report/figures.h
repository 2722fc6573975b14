// The parts of the page, each written from runs alone.
#pragma once

#include "bench/report/html.h"
#include "bench/report/read.h"
#include "bench/report/runs.h"

namespace attune::bench {

void write_devices(Html& html, const std::vector<Run>& runs);   // who was measured, their roofs, what repeats it
void write_wrong(Html& html, const std::vector<Run>& runs);     // results that were wrong or failed; nothing if none
void write_roofline(Html& html, const std::vector<Run>& runs);  // FLOP/s against FLOP per byte, with roofs
void write_bars(Html& html, const std::vector<Run>& runs);      // per op: share of its roof, speed beside the first run
void write_curves(Html& html, const std::vector<Run>& runs);    // time, memory and speed against sizes
void write_table(Html& html, const std::vector<Run>& runs);     // every case of every run
void write_problems(Html& html, const std::vector<Problem>& problems);  // lines that could not be read

}  // namespace attune::bench
