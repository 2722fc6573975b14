// What a run's frames took.
#pragma once

#include <string>
#include <vector>

namespace host {

// The smallest value that `percent` of the values do not exceed; 0 of none.
double percentile(std::vector<double> values, double percent);

// "p50 1.23  p95 2.34  p99 3.45 ms"
std::string percentiles(const std::vector<double>& milliseconds);

}  // namespace host
