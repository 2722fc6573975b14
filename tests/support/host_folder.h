// The files of a folder as a host has them: in memory, or behind a callback that a test watches.
#pragma once

#include <attune/model_source.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace attune::test {

class HostFolder {
public:
    // Copies what is in the folder now; without folders in it.
    explicit HostFolder(const std::filesystem::path& folder);

    // By name: to be changed before they are lent.
    std::map<std::string, std::string> files;

    // Both lend `files`.
    std::vector<ModelFile> in_memory() const;

    // `on_read` hears the name of the file of each read, and says whether it is to succeed; one beyond a file's end
    // never does.
    using OnRead = std::function<bool(const std::string& name)>;
    std::vector<ModelFile> by_callback(OnRead on_read = [](const std::string&) { return true; }) const;
};

}  // namespace attune::test
