// Writes little-endian numbers and raw bytes one after the other; for files made up by tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace attune::test {

class ByteWriter {
public:
    ByteWriter& u8(std::uint64_t value) { return number(value, 1); }
    ByteWriter& u16(std::uint64_t value) { return number(value, 2); }
    ByteWriter& u32(std::uint64_t value) { return number(value, 4); }
    ByteWriter& u64(std::uint64_t value) { return number(value, 8); }
    ByteWriter& text(std::string_view bytes) {
        bytes_ += bytes;
        return *this;
    }

    std::size_t        size() const noexcept { return bytes_.size(); }
    const std::string& bytes() const noexcept { return bytes_; }

private:
    ByteWriter& number(std::uint64_t value, int count) {
        for (int i = 0; i < count; ++i) bytes_ += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
        return *this;
    }

    std::string bytes_;
};

}   // namespace attune::test
