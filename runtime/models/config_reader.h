// Settings from the JSON files of a model folder: by key, in a range, with errors that name file and key.
#pragma once

#include "base/json.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace attune {

// Several files that are asked in turn: the first that holds a key decides. A null says nothing, so
// the next file is asked; for the optional settings it says "none".
class ConfigReader {
public:
    // Adds a file, to be asked after those before. False if it does not exist.
    bool add(const std::filesystem::path& file);

    bool          has(const char* key) const { return find(key).value != nullptr; }
    std::uint64_t natural(const char* key, std::uint64_t otherwise, std::uint64_t low, std::uint64_t high) const;
    double        real(const char* key, double otherwise, double low, double high) const;
    bool          flag(const char* key, bool otherwise) const;
    std::optional<std::string> text(const char* key) const;

    std::optional<std::uint64_t> optional_natural(const char* key, std::uint64_t low, std::uint64_t high) const;

    // Token ids, all below `vocabulary`: a number or a list of numbers; empty if there is none.
    std::vector<std::uint32_t>              ids(const char* key, std::uint64_t vocabulary) const;
    std::vector<std::vector<std::uint32_t>> id_lists(const char* key, std::uint64_t vocabulary) const;

    // The value itself, for settings of several types; nullptr if there is none.
    const Json* any(const char* key) const;

    // Throws bad_input `[file] key what`, file being the one that decides `key` (else the first).
    [[noreturn]] void fail(const char* key, const std::string& what) const;

private:
    struct File {
        std::string where;
        Json        json;
    };
    struct Found {
        const File* file  = nullptr;
        const Json* value = nullptr;  // may be null itself
    };

    Found         find(const char* key) const;
    std::uint64_t number(const char* key, const Json& value, std::uint64_t low, std::uint64_t high) const;

    std::vector<File> files_;
};

}  // namespace attune
