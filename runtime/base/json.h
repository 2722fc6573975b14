// JSON from untrusted files: parsed by nlohmann-json under limits of our own.
#pragma once

#include "base/folder.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace attune {

using Json = nlohmann::json;

// Together they keep the tree of any text below 64 MiB of memory.
struct JsonLimits {
    std::uint64_t bytes  = 8u << 20;
    unsigned      depth  = 8;
    std::size_t   values = 1u << 18;  // objects and arrays included
};

// Throws bad_input `[where] ...` with the position for a syntax error, invalid UTF-8, nesting or values
// beyond the limits, or a name that an object holds twice.
Json parse_json(std::string_view text, const std::string& where, const JsonLimits& limits = {});
Json read_json(const File& file, const JsonLimits& limits = {});

// For a document that is better not held as a tree: the parser's events, one call each in the order of
// the text. A subclass throws to stop. Errors of syntax and UTF-8, and strings and numbers of over 1 MiB,
// become bad_input `[where] ...` here.
class JsonHandler : public nlohmann::json_sax<Json> {
public:
    explicit JsonHandler(std::string where) : where_(std::move(where)) {}

    const std::string& where() const noexcept { return where_; }

    bool binary(Json::binary_t&) final { return false; }   // JSON text has none
    bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) final;

private:
    std::string where_;
};

void scan_json(std::string_view text, JsonHandler& handler);

}   // namespace attune
