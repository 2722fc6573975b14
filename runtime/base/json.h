// JSON from untrusted files: parsed by nlohmann-json under limits of our own.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace attune {

using Json = nlohmann::json;

struct JsonLimits {
    std::uint64_t bytes = 16u << 20;
    unsigned      depth = 8;
};

// Throws bad_input `[where] ...` with the position for a syntax error, invalid UTF-8, nesting beyond
// the limit, or a name that an object holds twice.
Json parse_json(std::string_view text, const std::string& where, const JsonLimits& limits = {});
Json read_json(const std::filesystem::path& path, const JsonLimits& limits = {});

// For a document that is better not held as a tree: the parser's events, one call each in the order of
// the text. A subclass throws to stop. Errors of syntax and UTF-8 become bad_input `[where] ...` here.
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
