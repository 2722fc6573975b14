#include "base/file.h"

#include "base/platform.h"

#include <attune/error.hpp>

#include <utility>

namespace attune {

MappedFile MappedFile::open(const std::filesystem::path& path) {
    const PlainFile file(path);
    MappedFile      mapped;
    mapped.path_  = path;
    mapped.bytes_ = file.map();
    return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), path_(std::move(other.path_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(path_, other.path_);
    return *this;
}

MappedFile::~MappedFile() { unmap(bytes_); }

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
    PlainFile file(path);
    expect_size(path_text(path), file.size(), limit);
    std::string text(file.size(), '\0');
    text.resize(file.read(text));  // shorter than its size said if somebody truncates it meanwhile
    return text;
}

void expect_size(const std::string& where, std::uint64_t size, std::uint64_t limit) {
    if (size > limit)
        throw Error(Status::bad_input, where,
                    "has " + std::to_string(size) + " bytes, more than the " + std::to_string(limit) + " allowed");
}

std::filesystem::path path_from(std::string_view name) { return std::u8string(name.begin(), name.end()); }

}  // namespace attune
