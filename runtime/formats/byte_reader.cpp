#include "formats/byte_reader.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune {
namespace {

constexpr std::size_t max_line_bytes = 1024;

}  // namespace

std::span<const std::byte> ByteReader::take(std::uint64_t count) {
    if (count > left())
        fail("ends early: " + std::to_string(count) + " bytes wanted, " + std::to_string(left()) + " left");
    const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(count));
    position_ += taken.size();
    return taken;
}

std::string_view ByteReader::text(std::uint64_t count) { return as_text(take(count)); }

std::string_view ByteReader::line() {
    const std::string_view next   = as_text(rest().first(std::min<std::size_t>(left(), max_line_bytes + 1)));
    const std::size_t      length = next.find('\n');
    if (length == std::string_view::npos) fail("ends early: a line without its end");
    position_ += length + 1;
    return next.substr(0, length);
}

void ByteReader::fail(const std::string& what) const {
    throw Error(Status::bad_input, where_, part_ + " at byte " + std::to_string(position_) + ": " + what);
}

std::uint64_t ByteReader::number(unsigned bytes) {
    std::uint64_t value = 0;
    unsigned      shift = 0;
    for (const std::byte byte : take(bytes)) {
        value |= std::to_integer<std::uint64_t>(byte) << shift;
        shift += 8;
    }
    return value;
}

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace attune
