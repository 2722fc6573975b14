// Settings as Marian writes them in YAML: by key, in a range, with errors that name file and key. The twin of
// models/config_reader.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// A map of keys to scalars and lists of scalars; a scalar is a list of one. A null says nothing: the setting is as
// if it were absent. Whether a scalar is quoted does not matter.
class YamlSettings {
public:
    // `where` names the file in errors. Throws bad_input for what scan_yaml refuses (yaml_events.h), for text that
    // is no such map, naming the key whose value is a map or a list of lists, and for keys that are there twice.
    YamlSettings(std::string_view text, std::string where);

    std::uint64_t natural(const char* key, std::uint64_t otherwise, std::uint64_t low, std::uint64_t high) const;
    double        real(const char* key, double otherwise, double low, double high) const;
    bool          flag(const char* key, bool otherwise) const;  // true, yes, on; false, no, off
    std::optional<std::string>   text(const char* key) const;
    std::optional<std::uint64_t> optional_natural(const char* key, std::uint64_t low, std::uint64_t high) const;

    // All scalars of a list; empty if there is none.
    std::vector<std::uint64_t> naturals(const char* key, std::uint64_t low, std::uint64_t high) const;
    std::vector<std::string>   texts(const char* key) const;

    // The scalars as they are written, for settings of several types; nullptr if there is none.
    const std::vector<std::string>* any(const char* key) const;

    // All of it, also what nobody asks for.
    const std::map<std::string, std::vector<std::string>>& all() const noexcept { return values_; }

    // Throws bad_input `[file] key what; hint`.
    [[noreturn]] void fail(const char* key, const std::string& what, const std::string& hint = {}) const;

private:
    const std::string* one(const char* key) const;
    std::uint64_t      number(const char* key, const std::string& value, std::uint64_t low, std::uint64_t high) const;

    std::string                                     where_;
    std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace attune
