// The files of a model that a host has in memory, or reads itself.
#include "base/folder.h"
#include "base/utf8.h"

#include <attune/error.hpp>

#include <algorithm>
#include <map>
#include <system_error>

namespace attune {
namespace {

constexpr const char*   all_files   = "model files";  // what messages call them together
constexpr std::uint64_t piece_bytes = 1u << 20, most_reserved = 1u << 30;

// A size may be a lie: memory is not written before its piece is asked for, and grows with the pieces of a file that is
// larger than models are as a rule.
std::vector<std::byte> read_whole(const ModelFile& file) {
    std::vector<std::byte> bytes;
    bytes.reserve(std::min(file.size, most_reserved));
    while (bytes.size() < file.size) {
        const std::size_t offset = bytes.size(), count = std::min(file.size - offset, piece_bytes);
        bytes.resize(offset + count);
        if (!file.read(offset, std::span(bytes).subspan(offset)))
            throw Error(Status::bad_input, file.name,
                        "cannot be read: the host gave none of " + std::to_string(count) + " bytes from byte " +
                            std::to_string(offset) + " of " + std::to_string(file.size));
    }
    return bytes;
}

class HostFiles final : public FileStore {
public:
    explicit HostFiles(std::vector<ModelFile> files) {
        if (files.empty()) throw Error(Status::bad_input, all_files, "are none at all");
        for (ModelFile& file : files) {
            expect_sound(file);
            if (!file.read) file.size = file.bytes.size();
            const std::string name = file.name;
            if (!files_.emplace(name, std::move(file)).second)
                throw Error(Status::bad_input, all_files, "hold the name " + in_quotes(name) + " twice");
        }
    }

    bool                     exists() const override { return true; }
    bool                     has(const std::string& name) const override { return files_.contains(name); }
    std::string              text() const override { return all_files; }
    std::string              text(const std::string& name) const override { return name; }
    std::vector<std::string> names() const override {
        std::vector<std::string> names;
        for (const auto& [name, file] : files_) names.push_back(name);
        return names;
    }

    FileBytes open(const std::string& name) const override {
        const ModelFile& file = at(name);
        return file.read ? FileBytes(read_whole(file)) : FileBytes(file.bytes);
    }

    std::string read(const std::string& name, std::uint64_t limit) const override {
        expect_size(name, at(name).size, limit);
        const FileBytes file  = open(name);
        const auto      bytes = file.bytes();
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

private:
    static void expect_sound(const ModelFile& file) {
        if (!is_plain_file_name(file.name) || !is_utf8(file.name))
            throw Error(Status::bad_input, all_files,
                        "hold the name " + in_quotes(file.name) + ", which is not a plain file name",
                        "names are as in the model's folder, without it");
        if (file.read && !file.bytes.empty())
            throw Error(Status::usage, file.name, "is given both in memory and by a callback");
        if (!file.read && file.size != 0 && file.size != file.bytes.size())
            throw Error(Status::usage, file.name,
                        "has " + std::to_string(file.bytes.size()) + " bytes in memory, but the size " +
                            std::to_string(file.size) + " and no callback");
    }

    // A file that is not there fails as it would on disk.
    const ModelFile& at(const std::string& name) const {
        const auto found = files_.find(name);
        if (found == files_.end())
            throw Error(Status::bad_input, name,
                        "cannot be opened: " + std::make_error_code(std::errc::no_such_file_or_directory).message());
        return found->second;
    }

    std::map<std::string, ModelFile> files_;
};

}  // namespace

ModelSource::ModelSource(std::vector<ModelFile> files) : store_(std::make_shared<HostFiles>(std::move(files))) {}

}  // namespace attune
