#include "bench/report/text.h"

#include "bench/record.h"

#include <cmath>
#include <cstdio>
#include <span>

namespace attune::bench {
namespace {

std::string formatted(const char* format, int decimals, double number) {
    char      text[64];
    const int size = std::snprintf(text, sizeof text, format, decimals, number);
    return {text, static_cast<std::size_t>(size)};
}

// The largest of the units, each 1000 times the one before, in which the number is not below 1.
std::string with_unit(double number, std::span<const char* const> units) {
    while (number >= 999.5 && units.size() > 1) {
        number /= 1000;
        units = units.subspan(1);
    }
    return digits(number) + ' ' + units.front();
}

}  // namespace

std::string digits(double number) {
    const double size = std::abs(number);
    if (size == 0) return "0";
    if (!(size >= 1e-4 && size < 1e6)) return formatted("%.*g", 3, number);
    const int before =
        static_cast<int>(std::floor(std::log10(size * 1.0005))) + 1;  // 9.996 has two, once it is rounded
    return formatted("%.*f", before >= 3 ? 0 : 3 - before, number);
}

std::string time_text(double nanoseconds) {
    constexpr const char* units[] = {"ns", "µs", "ms", "s"};
    return with_unit(nanoseconds, units);
}

std::string scaled_text(double number, std::string_view unit) {
    constexpr const char* prefixes[] = {"", "k", "M", "G", "T", "P"};
    return with_unit(number, prefixes) + std::string(unit);
}

std::string count_text(double number) {
    constexpr double kilo  = 1024;
    const bool       whole = number >= kilo && std::fmod(number, kilo) == 0;
    return number < 1e6 ? formatted("%.*f", 0, whole ? number / kilo : number) + (whole ? "k" : "") : digits(number);
}

std::string percent_text(double share) { return digits(100 * share) + " %"; }

std::string speed_text(const Record& record) {
    if (!record.timed()) return {};
    const double seconds = *record.median_ns * 1e-9;
    if (record.tokens) return scaled_text(*record.tokens / seconds, "tokens/s");
    const bool moves = record.roof == "read" || record.roof.starts_with("copy");
    if (record.flop > 0 && !(moves && record.bytes > 0)) return scaled_text(record.flop / seconds, "FLOP/s");
    return record.bytes > 0 ? scaled_text(record.bytes / seconds, "B/s") : std::string();
}

std::string printable(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return result;
}

}  // namespace attune::bench
