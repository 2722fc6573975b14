// The directory of a zip archive whose files are stored without compression, as torch.save writes it.
// (PKWARE APPNOTE 6.3, with zip64)
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace attune {

// Name -> the bytes of the file within the archive.
using ZipFiles = std::map<std::string, std::span<const std::byte>>;

// Whether the bytes begin like a zip archive.
bool is_zip(std::span<const std::byte> bytes) noexcept;

// Throws bad_input `[where] ...` for compressed or encrypted files, names that occur twice, sizes and
// offsets outside the archive, files that overlap, archives in several parts. Checksums are not computed.
ZipFiles read_zip_directory(std::span<const std::byte> bytes, const std::string& where);

}  // namespace attune
