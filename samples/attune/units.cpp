#include "units.h"

#include <cstdio>

namespace attune::cli {

std::string in_time(double ns) {
    static constexpr const char* units[] = {"ns", "us", "ms", "s"};
    std::size_t                  unit    = 0;
    for (; ns >= 999.5 && unit < 3; ++unit) ns /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%.*f %s", ns < 10 ? 2 : ns < 100 ? 1 : 0, ns, units[unit]);
    return text;
}

std::string in_rate(double value, const std::string& unit) {
    static constexpr const char* prefixes[] = {"", "k", "M", "G", "T", "P"};
    std::size_t                  prefix     = 0;
    for (; value >= 999.5 && prefix < 5; ++prefix) value /= 1000;
    char text[48];
    std::snprintf(text, sizeof text, "%.*f %s%s",
                  value < 10    ? 2
                  : value < 100 ? 1
                                : 0,
                  value, prefixes[prefix], unit.c_str());
    return text;
}

}  // namespace attune::cli
