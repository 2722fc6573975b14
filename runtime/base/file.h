// Files: mapped for reading, or read whole. The system calls are in base/platform.cpp,
// the only file of the library that makes any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace attune {

// A whole file, mapped read-only. Throws bad_input naming the file if it cannot be opened.
class MappedFile {
public:
    static MappedFile open(const std::filesystem::path& path);

    MappedFile() = default;
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

    std::span<const std::byte>   bytes() const noexcept { return {data_, size_}; }
    const std::filesystem::path& path() const noexcept { return path_; }

private:
    const std::byte*      data_ = nullptr;
    std::size_t           size_ = 0;
    std::filesystem::path path_;
};

// The whole file as a string; bad_input if it is missing, not a plain file, or larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit);

}   // namespace attune
