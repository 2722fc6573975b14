// One file for what a program wants to know again the next time it runs: the pipelines of its devices, and whatever
// else has a name. Everything in it can be made anew, so a file that cannot be used is the same as none.
//
//     attune::CacheFile file(path);
//     if (!file.section("pipelines").empty()) device.import_cache(file.section("pipelines"));
//     ...
//     file.set("pipelines", device.export_cache());
//     file.write();
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// Sections by name. One thread at a time; any number of processes may have the same file.
class CacheFile {
public:
    // Reads the file as it is now. A file that is not there, cannot be read, is none of attune's, of another version,
    // damaged, or larger than 256 MiB counts as one without sections; nothing is thrown for it.
    explicit CacheFile(std::filesystem::path path);

    const std::filesystem::path& path() const noexcept { return path_; }

    // Why what is there is not used, for people; "" if it is, or there is no file.
    const std::string& why_ignored() const noexcept { return why_ignored_; }

    // The bytes as they were set; none for a name that is not there. Valid until the section is set.
    std::span<const std::byte> section(std::string_view name) const;

    // Throws usage for a name of no or more than 255 bytes.
    void set(std::string name, std::vector<std::byte> bytes);

    // Puts the file in place of whatever is there, at once: who reads it finds the old one or the new one, whole, also if
    // the power fails. What other processes have written since it was read stays, but for the sections that were set
    // here; of two that write at the same moment one may be lost. Makes the folder if there is none. Throws bad_input
    // if something cannot be written, leaving nothing behind, or if a file is there that attune has not written.
    void write() const;

private:
    using Sections = std::map<std::string, std::vector<std::byte>, std::less<>>;

    static Sections read(const std::filesystem::path& path, std::string& why_ignored);

    std::filesystem::path path_;
    std::string           why_ignored_;
    Sections              sections_, set_;  // as read; as set since
};

}  // namespace attune
