// Numbers as people read them, and text that files hold as a terminal may show it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attune::bench {

// Three significant digits: "12.3", "0.00123", "1230"; no exponents between 1e-4 and 1e6.
std::string digits(double number);

std::string time_text(double nanoseconds);                      // "12.3 us" with the micro sign, up to seconds
std::string scaled_text(double number, std::string_view unit);  // 1.23e9, "FLOP/s" -> "1.23 GFLOP/s"
std::string count_text(double number);                          // 4096 -> "4k", 1000 -> "1000"
std::string percent_text(double share);                         // 0.123 -> "12.3 %"

// How fast a case is, in what says most of it: tokens, FLOP or bytes per second; "" for one without times.
struct Record;
std::string speed_text(const Record& record);

// Without control characters, which would move a terminal's cursor or end a line.
std::string printable(std::string_view text);

}  // namespace attune::bench
