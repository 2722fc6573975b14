#include "support/host_folder.h"

#include "base/file.h"

#include <cstring>

namespace attune::test {

HostFolder::HostFolder(const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.is_regular_file()) files[path_text(entry.path().filename())] = read_file(entry.path(), 1u << 30);
}

std::vector<ModelFile> HostFolder::in_memory() const {
    std::vector<ModelFile> lent;
    for (const auto& [name, content] : files)
        lent.push_back({.name = name, .bytes = std::as_bytes(std::span(content))});
    return lent;
}

std::vector<ModelFile> HostFolder::by_callback(OnRead on_read) const {
    std::vector<ModelFile> lent;
    for (const auto& file : files) {
        const std::string &name = file.first, &content = file.second;
        const auto         read = [&name, &content, on_read](std::uint64_t offset, std::span<std::byte> out) {
            if (!on_read(name) || offset > content.size() || out.size() > content.size() - offset) return false;
            if (!out.empty()) std::memcpy(out.data(), content.data() + offset, out.size());
            return true;
        };
        lent.push_back({.name = name, .read = read, .size = content.size()});
    }
    return lent;
}

}  // namespace attune::test
