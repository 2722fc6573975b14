// PNG files: a picture each, or many as one animation (APNG: chunks acTL, fcTL, fdAT).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace host {

struct Picture {
    std::uint32_t             width = 0, height = 0;
    std::vector<std::uint8_t> pixels;  // RGB
};

Picture opaque(std::uint32_t width, std::uint32_t height, std::span<const std::uint8_t> rgba);
Picture halved(const Picture& picture);

// Throw std::runtime_error.
void write_png(const std::filesystem::path& file, const Picture& picture);

class Animation {
public:
    void add(const Picture& picture);  // all of one size
    // Shows each picture for `milliseconds`, endlessly. Writes nothing if there is no picture.
    void write(const std::filesystem::path& file, std::uint16_t milliseconds) const;

private:
    std::uint32_t                          width_ = 0, height_ = 0;
    std::vector<std::vector<std::uint8_t>> frames_;  // compressed
};

}  // namespace host
