// Zip archives, with every lie about themselves that a test wants to tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attune::test {

// A file of an archive. What is set here replaces the truth in the directory entry.
struct ZipFile {
    std::string name;
    std::string content;

    std::uint16_t                method      = 0;   // 0: stored
    std::uint16_t                flags       = 0;
    std::optional<std::uint32_t> size        = {};   // length of the file
    std::optional<std::uint32_t> stored      = {};   // its bytes in the archive
    std::optional<std::uint32_t> header      = {};   // offset of its local header
    std::string                  extra       = {};   // extra field of the directory entry
    std::string                  local_name  = {};   // name in the local header
    std::uint32_t                local_mark  = 0x04034B50;
    std::string                  local_extra = {};   // torch pads here, so that numbers are aligned
    std::uint32_t                checksum    = 0;
};

struct ZipOptions {
    bool                         zip64            = false;   // sizes of the directory only in the zip64 records
    std::optional<std::uint64_t> count            = {};      // number of files
    std::optional<std::uint64_t> directory_bytes  = {};
    std::optional<std::uint64_t> directory_offset = {};
    std::uint16_t                part             = 0;
    std::optional<std::uint64_t> end64_offset     = {};   // where the zip64 locator points
    std::uint32_t                locator_mark     = 0x07064B50;
    std::string                  comment          = {};
    std::string                  after_directory  = {};   // bytes that belong to the directory but to no entry
};

std::string zip_bytes(const std::vector<ZipFile>& files, const ZipOptions& options = {});

// An extra field of zip64 with these numbers.
std::string zip64_extra(const std::vector<std::uint64_t>& numbers);

}   // namespace attune::test
