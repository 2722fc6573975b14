#include "progress.h"

#include <cstdio>

namespace attune::cli {

Progress::~Progress() {
    if (written_) std::fputs("\r\033[K", stderr);
}

void Progress::update(std::uint64_t lines, std::uint64_t bytes) {
    const auto now = Clock::now();
    if (!shown_ || now - last_ < std::chrono::milliseconds(250)) return;
    last_    = now;
    written_ = true;

    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::fprintf(stderr, "\r\033[K%llu lines, %.1f lines/s", static_cast<unsigned long long>(lines),
                 static_cast<double>(lines) / seconds);
    if (bytes_ && bytes > 0 && bytes <= *bytes_) {
        const double left  = seconds * static_cast<double>(*bytes_ - bytes) / static_cast<double>(bytes);
        const auto   whole = static_cast<unsigned long long>(left);
        std::fprintf(stderr, ", %llu%%, %llu:%02llu left", static_cast<unsigned long long>(100 * bytes / *bytes_), whole / 60,
                     whole % 60);
    }
    std::fflush(stderr);
}

void Share::update(const std::string& what, double share) {
    constexpr int width = 20;
    const auto    now   = Clock::now();
    if (!shown_ || now - last_ < std::chrono::milliseconds(200)) return;
    last_           = now;
    written_        = true;
    const int filled = static_cast<int>(share * width);
    std::fprintf(stderr, "\r\033[K[%s%s] %3.0f %%  %.60s", std::string(static_cast<std::size_t>(filled), '#').c_str(),
                 std::string(static_cast<std::size_t>(width - filled), '.').c_str(), 100 * share, what.c_str());
    std::fflush(stderr);
}

void Share::wipe() {
    if (written_) std::fputs("\r\033[K", stderr);
    written_ = false;
}

}  // namespace attune::cli
