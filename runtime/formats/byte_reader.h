// Reads little-endian numbers and runs of bytes from a file in memory; every step is checked against
// the bytes that are left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace attune {

class ByteReader {
public:
    // `where` names the file in errors, `part` what is being read in it, such as "the pickle".
    ByteReader(std::span<const std::byte> bytes, std::string where, std::string part)
        : bytes_(bytes), where_(std::move(where)), part_(std::move(part)) {}

    std::size_t position() const noexcept { return position_; }
    std::size_t left() const noexcept { return bytes_.size() - position_; }

    std::uint8_t  u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }

    // The next `count` bytes; bad_input "ends early" if there are fewer.
    std::span<const std::byte> take(std::uint64_t count);
    std::string_view           text(std::uint64_t count);

    // The bytes up to the next newline, which is skipped; at most 1,024 of them.
    std::string_view line();

    // What is left, without taking it.
    std::span<const std::byte> rest() const noexcept { return bytes_.subspan(position_); }

    const std::string& where() const noexcept { return where_; }

    // Throws bad_input: `[where] part at byte N: what`.
    [[noreturn]] void fail(const std::string& what) const;

private:
    std::uint64_t number(unsigned bytes);

    std::span<const std::byte> bytes_;
    std::size_t                position_ = 0;
    std::string                where_;
    std::string                part_;
};

std::string_view as_text(std::span<const std::byte> bytes) noexcept;

}  // namespace attune
