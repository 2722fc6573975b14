// What the library asks of the operating system: base/platform.cpp does it for POSIX systems,
// base/platform_windows.cpp for Windows. They are the only files that make system calls; CMake takes one.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <utility>

namespace attune {

// What attune's code takes for granted everywhere.
static_assert(sizeof(std::size_t) == 8, "64-bit systems only: models and mapped files exceed 4 GiB");
static_assert(std::endian::native == std::endian::little,
              "model files and devices are little endian, and used in place");
static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559, "IEEE 754 numbers");

// A plain file opened for reading; others may read, write, rename or delete it meanwhile.
class PlainFile {
public:
    // Throws bad_input naming the file if it cannot be opened, or is a folder, pipe or device.
    explicit PlainFile(const std::filesystem::path& path);
    PlainFile(const PlainFile&)            = delete;
    PlainFile& operator=(const PlainFile&) = delete;
    ~PlainFile();

    std::uint64_t size() const noexcept { return size_; }  // when it was opened

    // The next bytes of it; fewer than asked for at its end only.
    std::size_t read(std::span<char> out);

    // All of it, read-only, until unmap(), even when this object has ended. Nothing for an empty file.
    std::span<const std::byte> map() const;

private:
    std::filesystem::path path_;
    std::intptr_t         handle_ = -1;
    std::uint64_t         size_   = 0;
};

void unmap(std::span<const std::byte> bytes) noexcept;

// Puts a file with these bytes in the place of `path`, whatever is there: they are on the disk, under a name of their own
// in the same folder, before that is renamed. Throws bad_input naming `path`; then there is nothing left of it.
void replace_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

// A shared library loaded at run time; closed with the object.
class SharedLibrary {
public:
    // `name` is ASCII. An empty object if there is no library of that name, or it cannot be loaded.
    static SharedLibrary open(const char* name) noexcept;

    SharedLibrary() = default;
    SharedLibrary(SharedLibrary&& other) noexcept { std::swap(handle_, other.handle_); }
    SharedLibrary& operator=(SharedLibrary&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~SharedLibrary();

    explicit operator bool() const noexcept { return handle_ != nullptr; }

    // The address of an exported name; nullptr if the library has none or is empty.
    void* symbol(const char* name) const noexcept;

private:
    void* handle_ = nullptr;
};

}  // namespace attune
