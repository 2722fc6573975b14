// Decompression of untrusted streams, piece by piece: zlib_codec.cpp and zstd_codec.cpp do it, and include the
// libraries; codecs_absent.cpp stands in for both where a build has neither (ATTUNE_MARIAN=OFF).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace attune {

// Told what comes out, a piece of at most 64 KiB at a time. It throws to stop.
using TakeBytes = std::function<void(std::span<const std::byte>)>;

// All members of a gzip file (RFC 1952), whose checksums must be right. Throws bad_input `[where] ...` for
// streams that are damaged or end early, and for bytes behind the last member.
void unpack_gzip(std::span<const std::byte> bytes, const std::string& where, const TakeBytes& take);

// All frames of a zstd file (RFC 8878). The same errors, and one for frames whose window is larger than
// `most_window` bytes, rounded up to a power of two; 8 MiB are always allowed, more than 128 MiB never.
void unpack_zstd(std::span<const std::byte> bytes, const std::string& where, std::uint64_t most_window,
                 const TakeBytes& take);

// A deflated file of a zip archive (RFC 1951), as long as `out`, with this CRC-32. `part` names it in errors.
void inflate_into(std::span<std::byte> out, std::span<const std::byte> bytes, std::uint32_t checksum,
                  const std::string& where, const std::string& part);

}  // namespace attune
