// Files: mapped for reading, or read whole; paths and file names as UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace attune {

// A whole file, mapped read-only. Throws bad_input naming the file if it cannot be opened.
class MappedFile {
public:
    static MappedFile open(const std::filesystem::path& path);

    MappedFile() = default;
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

    std::span<const std::byte>   bytes() const noexcept { return bytes_; }
    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::span<const std::byte> bytes_;
    std::filesystem::path      path_;
};

// The whole file as a string; bad_input if it is missing, not a plain file, or larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit);

// Throws bad_input `[where] has .. bytes, more than the .. allowed` if `size` is more than `limit`.
void expect_size(const std::string& where, std::uint64_t size, std::uint64_t limit);

// Paths from UTF-8, which files hold, and to it, for messages: path(name) and path::string() would take
// whatever encoding the system prefers.
std::filesystem::path path_from(std::string_view name);
std::string           path_text(const std::filesystem::path& path);

}  // namespace attune
