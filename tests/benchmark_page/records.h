// Records as attune bench would write them, for tests of what becomes of them.
#pragma once

#include "bench/record.h"

#include <string>
#include <vector>

namespace attune::test {

// A measured case of `op` named by its parameters, "m=4,type=f16".
bench::Record measured(const std::string& op, const std::string& params, double median_ns);

// A roof of so much per second, at the start of a run or at its end.
bench::Record roof(const std::string& kind, double per_second, const std::string& when);

// What two devices measured: roofs, GEMM, attention that scales, models, one wrong, failed, unstable and left-out case.
std::vector<bench::Record> two_devices();

std::string lines_of(const std::vector<bench::Record>& records);

}  // namespace attune::test
