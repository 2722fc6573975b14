// The files of a model, wherever they lie: in a folder on disk, or with a host that has them in memory or reads them
// itself (attune/model_source.hpp). Whoever opens them need not know.
#pragma once

#include "base/file.h"

#include <attune/model_source.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attune {

// The bytes of a file: mapped, in memory of their own, or lent by a host. They stay where they are when the object is
// moved.
class FileBytes {
public:
    FileBytes() = default;
    explicit FileBytes(MappedFile mapped) : mapped_(std::move(mapped)), bytes_(mapped_.bytes()) {}
    explicit FileBytes(std::vector<std::byte> own) : own_(std::move(own)), bytes_(own_) {}
    explicit FileBytes(std::span<const std::byte> lent) : bytes_(lent) {}

    std::span<const std::byte> bytes() const noexcept { return bytes_; }

private:
    MappedFile                 mapped_;
    std::vector<std::byte>     own_;
    std::span<const std::byte> bytes_;
};

// What keeps files: a folder on disk (folder.cpp) or a host (host_files.cpp). See Folder and File.
class FileStore {
public:
    virtual ~FileStore() = default;

    virtual bool                     exists() const                                           = 0;
    virtual std::vector<std::string> names() const                                            = 0;
    virtual std::string              text() const                                             = 0;
    virtual std::string              text(const std::string& name) const                      = 0;
    virtual bool                     has(const std::string& name) const                       = 0;
    virtual FileBytes                open(const std::string& name) const                      = 0;
    virtual std::string              read(const std::string& name, std::uint64_t limit) const = 0;
};

// A file by its name, there or not; one on disk is made from whatever a path is made from. Cheap to copy.
class File {
public:
    File(const std::filesystem::path& path);
    template <std::convertible_to<std::filesystem::path> Path>
    File(const Path& path) : File(std::filesystem::path(path)) {}
    File(std::shared_ptr<const FileStore> store, std::string name) : store_(std::move(store)), name_(std::move(name)) {}

    const std::string& name() const noexcept { return name_; }       // without the folder
    std::string        text() const { return store_->text(name_); }  // for messages: with the folder's path, if any
    bool               exists() const { return store_->has(name_); }

    // All of it; mapped if it is on disk. Throws bad_input naming it if it is missing or cannot be read.
    FileBytes open() const { return store_->open(name_); }

    // All of it as a string; also throws bad_input if it has more than `limit` bytes.
    std::string read(std::uint64_t limit) const { return store_->read(name_, limit); }

private:
    std::shared_ptr<const FileStore> store_;
    std::string                      name_;
};

// The files of a model, in the same way. folder / "config.json" is the file of that name.
class Folder {
public:
    Folder(const std::filesystem::path& path);
    template <std::convertible_to<std::filesystem::path> Path>
    Folder(const Path& path) : Folder(std::filesystem::path(path)) {}
    Folder(const ModelSource& source) : store_(source.store()) {}

    File operator/(std::string_view name) const { return {store_, std::string(name)}; }

    bool                     exists() const { return store_->exists(); }
    std::vector<std::string> names() const { return store_->names(); }  // sorted; 4,096 of a larger folder on disk
    std::string              text() const { return store_->text(); }    // for messages: its path, if any

private:
    std::shared_ptr<const FileStore> store_;
};

// Whether a file of this name lies in the folder itself: no folder or drive in front, no stream of Windows behind, and
// at most 255 bytes.
bool is_plain_file_name(std::string_view name) noexcept;

}  // namespace attune
