#include "formats/compressed.h"

#include "base/checked.h"
#include "formats/byte_reader.h"
#include "formats/codecs.h"

#include <attune/error.hpp>

#include <algorithm>
#include <limits>
#include <string_view>

namespace attune {
namespace {

using Unpack = std::function<void(const TakeBytes&)>;

std::vector<std::byte> unpacked(const Unpack& unpack, std::uint64_t most_bytes, const std::string& where) {
    std::uint64_t size = 0;
    unpack([&](std::span<const std::byte> piece) {
        size += piece.size();
        if (size > most_bytes)
            throw Error(Status::bad_input, where,
                        "unpacks to more than the " + std::to_string(most_bytes) + " bytes allowed");
    });
    std::vector<std::byte> bytes;
    bytes.reserve(static_cast<std::size_t>(size));
    unpack([&](std::span<const std::byte> piece) {
        if (piece.size() > size - bytes.size()) throw Error(Status::bad_input, where, "changed while it was read");
        bytes.insert(bytes.end(), piece.begin(), piece.end());
    });
    return bytes;
}

}  // namespace

std::uint64_t most_unpacked(std::uint64_t packed) noexcept {
    const auto times = checked_multiply(packed, 64);
    return times ? checked_add(*times, 1u << 20).value_or(*times) : std::numeric_limits<std::uint64_t>::max();
}

FileBytes read_plain_or_compressed(const File& file, std::uint64_t most_bytes) {
    using namespace std::string_view_literals;
    FileBytes              plain = file.open();
    const auto             bytes = plain.bytes();
    const std::string      where = file.text();
    const std::string_view text  = as_text(bytes);
    const std::uint64_t    most  = std::min(most_bytes, most_unpacked(bytes.size()));
    if (text.starts_with("\x1F\x8B"sv))
        return FileBytes(unpacked([&](const TakeBytes& take) { unpack_gzip(bytes, where, take); }, most, where));
    if (text.starts_with("\x28\xB5\x2F\xFD"sv))
        return FileBytes(unpacked([&](const TakeBytes& take) { unpack_zstd(bytes, where, most, take); }, most, where));
    expect_size(where, bytes.size(), most_bytes);
    return plain;
}

}  // namespace attune
