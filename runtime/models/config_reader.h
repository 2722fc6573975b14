// Settings from a JSON file of a model folder: by key, in a range, with errors that name file and key.
#pragma once

#include "base/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attune {

// A null says nothing: the setting is as if it were absent.
class ConfigReader {
public:
    // Throws bad_input if the file is missing, or no JSON object.
    explicit ConfigReader(const File& file);

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

    // The value as JSON text, cut if it is long; nothing if there is none.
    std::optional<std::string> shown(const char* key) const;

    // Throws bad_input `[file] key what; hint`.
    [[noreturn]] void fail(const char* key, const std::string& what, const std::string& hint = {}) const;

private:
    std::uint64_t number(const char* key, const Json& value, std::uint64_t low, std::uint64_t high) const;

    std::string where_;
    Json        json_;
};

}  // namespace attune
