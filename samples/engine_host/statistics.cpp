#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace host {

double percentile(std::vector<double> values, double percent) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const double rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
    return values[static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(values.size()))) - 1];
}

std::string percentiles(const std::vector<double>& milliseconds) {
    char text[96];
    std::snprintf(text, sizeof text, "p50 %.2f  p95 %.2f  p99 %.2f ms", percentile(milliseconds, 50),
                  percentile(milliseconds, 95), percentile(milliseconds, 99));
    return text;
}

}  // namespace host
