// Where the files of a model come from: a folder on disk, or a host that has them in memory or reads them itself, from
// a game's archive for instance.
//
//     attune::Translator translator(device, "opus-mt-en-de");                 // a folder: what a path is made from
//
//     std::vector<attune::ModelFile> files;
//     for (const Entry& entry : archive.entries("opus-mt-en-de/"))            // names as in the folder, but without it
//         files.push_back({.name = entry.name, .bytes = entry.bytes});
//     attune::Translator translator(device, files);
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace attune {

// One file of a model, in memory or behind a callback.
struct ModelFile {
    // As in the folder: "config.json". UTF-8 of at most 255 bytes, without folders.
    std::string name;

    // The file, if it is in memory; weights are used in place. It has to stay there, unchanged, as long as there is a
    // ModelSource with it, or a Translator that was made of it.
    std::span<const std::byte> bytes = {};

    // Otherwise: fills `out`, never more than 1 MiB, with the file's bytes from `offset` on, and says whether it could.
    // Then `size` is the size of the file. A file is read when it is needed, from its start to its end, into memory of
    // attune's own; weights are held there until they are on the device (on the oracle: as long as the translator
    // lives). Called only within calls of the library that are given the source, and in Translator::inspect(), on the
    // thread of that call, where an exception of its own passes through. It has to give the same bytes each time.
    std::function<bool(std::uint64_t offset, std::span<std::byte> out)> read = {};
    std::uint64_t                                                       size = 0;
};

class FileStore;

// Cheap to copy; copies share the files. A file is looked for when it is needed, and what is wrong with it is told
// then, as bad_input with its name: a file that is not listed is the same as one that is not in a folder.
class ModelSource {
public:
    // A folder on disk: a std::filesystem::path, or a string that one is made from. It need not be there yet.
    ModelSource(const std::filesystem::path& folder);
    template <std::convertible_to<std::filesystem::path> Path>
    ModelSource(const Path& folder) : ModelSource(std::filesystem::path(folder)) {}

    // The files of one model, all that its folder would hold or those that are needed. Throws bad_input for an empty
    // list, a name that is empty, occurs twice, or holds a folder ("sub/x"); usage for a file with both bytes and a
    // callback, or with a size that is not that of its bytes.
    ModelSource(std::vector<ModelFile> files);

    const std::shared_ptr<const FileStore>& store() const noexcept { return store_; }  // for the library's own use

private:
    std::shared_ptr<const FileStore> store_;
};

}  // namespace attune
