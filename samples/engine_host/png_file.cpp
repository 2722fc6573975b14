#include "png_file.h"

#include <png.h>

#include <cstring>
#include <fstream>
#include <stdexcept>

namespace host {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Files of single frames are written fast, what stays in memory is packed small.
Bytes encode(const Picture& picture, png_uint_32 flags) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width   = picture.width;
    image.height  = picture.height;
    image.format  = PNG_FORMAT_RGB;
    image.flags   = flags;
    Bytes            bytes(PNG_IMAGE_PNG_SIZE_MAX(image));
    png_alloc_size_t count = bytes.size();
    if (!png_image_write_to_memory(&image, bytes.data(), &count, 0, picture.pixels.data(), 0, nullptr))
        throw std::runtime_error(std::string("libpng: ") + image.message);
    bytes.resize(count);
    return bytes;
}

void write_file(const std::filesystem::path& file, const Bytes& bytes) {
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::uint32_t get32(const std::uint8_t* at) {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}

void put32(Bytes& to, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::uint8_t>(value >> shift));
}

void put16(Bytes& to, std::uint16_t value) {
    to.push_back(static_cast<std::uint8_t>(value >> 8));
    to.push_back(static_cast<std::uint8_t>(value));
}

// The CRC-32 of ISO 3309, as PNG wants it over a chunk's type and data.
std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
    std::uint32_t crc = 0xffffffffu;
    for (const std::uint8_t byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

void put_chunk(Bytes& to, const char* type, const Bytes& data) {
    put32(to, static_cast<std::uint32_t>(data.size()));
    const std::size_t start = to.size();
    to.insert(to.end(), type, type + 4);
    to.insert(to.end(), data.begin(), data.end());
    put32(to, crc32(std::span(to).subspan(start)));
}

constexpr std::size_t signature = 8, chunk_head = 8, chunk_end = 4;

// Calls see(type, data) for each chunk of a PNG file.
template <class See> void for_each_chunk(const Bytes& file, const See& see) {
    for (std::size_t at = signature; at + chunk_head + chunk_end <= file.size();) {
        const std::uint32_t length = get32(&file[at]);
        see(std::string(file.begin() + static_cast<std::ptrdiff_t>(at) + 4,
                        file.begin() + static_cast<std::ptrdiff_t>(at) + 8),
            std::span(file).subspan(at + chunk_head, length));
        at += chunk_head + length + chunk_end;
    }
}

}  // namespace

Picture opaque(std::uint32_t width, std::uint32_t height, std::span<const std::uint8_t> rgba) {
    Picture picture{width, height, {}};
    picture.pixels.resize(std::size_t{3} * width * height);
    for (std::size_t i = 0; i < std::size_t{width} * height; ++i) std::memcpy(&picture.pixels[3 * i], &rgba[4 * i], 3);
    return picture;
}

Picture halved(const Picture& picture) {
    Picture           half{picture.width / 2, picture.height / 2, {}};
    const std::size_t row = std::size_t{3} * picture.width;
    half.pixels.reserve(std::size_t{3} * half.width * half.height);
    for (std::size_t y = 0; y < half.height; ++y)
        for (std::size_t x = 0; x < half.width; ++x)
            for (std::size_t c = 0; c < 3; ++c) {
                const std::uint8_t* at = &picture.pixels[2 * y * row + 6 * x + c];
                half.pixels.push_back(static_cast<std::uint8_t>((at[0] + at[3] + at[row] + at[row + 3] + 2) / 4));
            }
    return half;
}

void write_png(const std::filesystem::path& file, const Picture& picture) {
    write_file(file, encode(picture, PNG_IMAGE_FLAG_FAST));
}

void Animation::add(const Picture& picture) {
    width_  = picture.width;
    height_ = picture.height;
    Bytes data;
    for_each_chunk(encode(picture, 0), [&](const std::string& type, std::span<const std::uint8_t> bytes) {
        if (type == "IDAT") data.insert(data.end(), bytes.begin(), bytes.end());
    });
    frames_.push_back(std::move(data));
}

void Animation::write(const std::filesystem::path& file, std::uint16_t milliseconds) const {
    if (frames_.empty()) return;
    Bytes out = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    Bytes header;
    put32(header, width_);
    put32(header, height_);
    header.insert(header.end(), {8, PNG_COLOR_TYPE_RGB, 0, 0, 0});
    put_chunk(out, "IHDR", header);
    Bytes control;
    put32(control, static_cast<std::uint32_t>(frames_.size()));
    put32(control, 0);  // plays endlessly
    put_chunk(out, "acTL", control);
    std::uint32_t sequence = 0;
    for (const Bytes& data : frames_) {
        Bytes frame;
        put32(frame, sequence++);
        put32(frame, width_);
        put32(frame, height_);
        put32(frame, 0);
        put32(frame, 0);
        put16(frame, milliseconds);
        put16(frame, 1000);
        frame.insert(frame.end(), {0, 0});  // the next one takes its place, nothing is blended
        put_chunk(out, "fcTL", frame);
        if (&data == &frames_.front()) {
            put_chunk(out, "IDAT", data);
            continue;
        }
        Bytes numbered;
        put32(numbered, sequence++);
        numbered.insert(numbered.end(), data.begin(), data.end());
        put_chunk(out, "fdAT", numbered);
    }
    put_chunk(out, "IEND", {});
    write_file(file, out);
}

}  // namespace host
