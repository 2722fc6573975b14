// Numbers for people.
#pragma once

#include <string>

namespace attune::cli {

std::string in_time(double nanoseconds);                     // 1234567 -> "1.23 ms"
std::string in_rate(double value, const std::string& unit);  // 2.5e9, "flop/s" -> "2.50 Gflop/s"

}  // namespace attune::cli
