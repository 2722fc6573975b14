// The directory of a zip archive. (PKWARE APPNOTE 6.3, with zip64)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace attune {

// Whether the bytes begin like a zip archive.
bool is_zip(std::span<const std::byte> bytes) noexcept;

// A file of an archive as it lies there: stored as it is, or deflated (codecs.h), with what the directory says of it.
struct ZipMember {
    std::span<const std::byte> bytes;
    std::uint64_t              size     = 0;  // when unpacked; of a stored file, of `bytes`
    std::uint32_t              checksum = 0;  // CRC-32 when unpacked, not compared with anything yet
    bool                       deflated = false;
};
using ZipMembers = std::map<std::string, ZipMember>;

// By name. Throws bad_input `[where] ...` for files that are encrypted or compressed in other ways, names that occur
// twice, sizes and offsets outside the archive, files that overlap, archives in several parts.
ZipMembers read_zip_members(std::span<const std::byte> bytes, const std::string& where);

// Name -> the bytes of the file, of an archive without compression, as torch.save writes it; also throws for a file
// that is deflated. Checksums are not computed.
using ZipFiles = std::map<std::string, std::span<const std::byte>>;
ZipFiles read_zip_directory(std::span<const std::byte> bytes, const std::string& where);

}  // namespace attune
