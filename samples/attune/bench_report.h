// attune bench report and attune bench compare: what becomes of the files that attune bench writes.
#pragma once

#include "command.h"

namespace attune::cli {

int bench_report(const Words& words);
int bench_compare(const Words& words);

std::string bench_report_help();
std::string bench_compare_help();

}  // namespace attune::cli
