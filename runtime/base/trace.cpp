#include "base/trace.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace attune {

void tell(const Trace& trace, unsigned level, std::string_view topic, std::string_view text) {
    if (!trace.shows(level)) return;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        trace.line(std::string(topic) + ": " + std::string(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::string byte_count(std::uint64_t bytes) {
    static constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB"};
    double                       number  = static_cast<double>(bytes);
    std::size_t                  unit    = 0;
    for (; number >= 1024 && unit + 1 < std::size(units); ++unit) number /= 1024;
    char text[40];
    std::snprintf(text, sizeof text, unit ? "%.1f %s" : "%.0f %s", number, units[unit]);
    return text;
}

}  // namespace attune
