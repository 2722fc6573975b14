// Files that may be compressed: the bytes as they are, or as they were before.
#pragma once

#include "base/folder.h"

#include <cstdint>

namespace attune {

// What `packed` bytes may unpack to: 64 times as much and 1 MiB. Weights and lists of numbers shrink to a third
// at best; what shrinks to less than a 64th was made to fill the memory.
std::uint64_t most_unpacked(std::uint64_t packed) noexcept;

// A file, as it is if it is plain; if it is one of gzip or zstd, which its first bytes tell, unpacked: first only to
// count, then into memory of just that size. Throws bad_input naming the file if it has, or unpacks to, more than
// `most_bytes` or most_unpacked(); if it is damaged, ends early, or goes on behind its end; or if it is compressed
// and this build reads no such files. Several members or frames one after the other are one file.
FileBytes read_plain_or_compressed(const File& file, std::uint64_t most_bytes);

}  // namespace attune
