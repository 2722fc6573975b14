#include "base/folder.h"

#include <algorithm>

namespace attune {
namespace {

constexpr std::size_t most_names = 4096;

class DiskFolder final : public FileStore {
public:
    explicit DiskFolder(std::filesystem::path path) : path_(std::move(path)) {}

    bool exists() const override {
        std::error_code ignored;
        return std::filesystem::is_directory(path_, ignored);
    }
    bool has(const std::string& name) const override {
        std::error_code ignored;
        return std::filesystem::exists(at(name), ignored);
    }
    std::vector<std::string> names() const override {
        std::vector<std::string> names;
        std::error_code          error;
        for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end;
             entry.increment(error))
            if (names.size() < most_names) names.push_back(path_text(entry->path().filename()));
        std::ranges::sort(names);
        return names;
    }

    std::string text() const override { return path_text(path_); }
    std::string text(const std::string& name) const override { return path_text(at(name)); }
    FileBytes   open(const std::string& name) const override { return FileBytes(MappedFile::open(at(name))); }
    std::string read(const std::string& name, std::uint64_t limit) const override { return read_file(at(name), limit); }

private:
    std::filesystem::path at(std::string_view name) const { return path_ / path_from(name); }

    std::filesystem::path path_;
};

}  // namespace

File::File(const std::filesystem::path& path)
    : File(std::make_shared<DiskFolder>(path.parent_path()), path_text(path.filename())) {}

Folder::Folder(const std::filesystem::path& path) : store_(std::make_shared<DiskFolder>(path)) {}

ModelSource::ModelSource(const std::filesystem::path& folder) : store_(std::make_shared<DiskFolder>(folder)) {}

bool is_plain_file_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\\:\0", 4)) == std::string_view::npos;
}

}  // namespace attune
