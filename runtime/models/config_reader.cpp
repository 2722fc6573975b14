#include "models/config_reader.h"

#include "base/utf8.h"

#include <attune/error.hpp>

#include <cmath>

namespace attune {
namespace {

std::string short_text(const Json& value) {
    std::string text = value.dump();
    return text.size() > 48 ? text.substr(0, 48) + "..." : text;
}

std::string quoted(const Json& value) { return in_quotes(short_text(value)); }

std::string range(std::uint64_t low, std::uint64_t high) {
    return "an integer from " + std::to_string(low) + " to " + std::to_string(high);
}

}  // namespace

ConfigReader::ConfigReader(const File& file) : where_(file.text()) {
    if (!file.exists())
        throw Error(Status::bad_input, where_, "is missing",
                    "a model folder, as downloaded, holds config.json, weights and vocabulary");
    json_ = read_json(file);
    if (!json_.is_object()) throw Error(Status::bad_input, where_, "is not a JSON object of settings");
}

const Json* ConfigReader::any(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> ConfigReader::shown(const char* key) const {
    const Json* value = any(key);
    return value ? std::optional(short_text(*value)) : std::nullopt;
}

void ConfigReader::fail(const char* key, const std::string& what, const std::string& hint) const {
    throw Error(Status::bad_input, where_, std::string(key) + " " + what, hint);
}

std::uint64_t ConfigReader::number(const char* key, const Json& value, std::uint64_t low, std::uint64_t high) const {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < low || value.get<std::uint64_t>() > high)
        fail(key, "is " + quoted(value) + ", not " + range(low, high));
    return value.get<std::uint64_t>();
}

std::uint64_t ConfigReader::natural(const char* key, std::uint64_t otherwise, std::uint64_t low,
                                    std::uint64_t high) const {
    return number(key, any(key) ? *any(key) : Json(otherwise), low, high);
}

std::optional<std::uint64_t> ConfigReader::optional_natural(const char* key, std::uint64_t low,
                                                            std::uint64_t high) const {
    const Json* value = any(key);
    return value ? std::optional(number(key, *value, low, high)) : std::nullopt;
}

double ConfigReader::real(const char* key, double otherwise, double low, double high) const {
    const Json* value = any(key);
    if (!value) return otherwise;
    const double number = value->is_number() ? value->get<double>() : NAN;
    if (!(number >= low && number <= high))  // NaN too
        fail(key, "is " + quoted(*value) + ", not a number from " + Json(low).dump() + " to " + Json(high).dump());
    return number;
}

bool ConfigReader::flag(const char* key, bool otherwise) const {
    const Json* value = any(key);
    if (!value) return otherwise;
    if (!value->is_boolean()) fail(key, "is " + quoted(*value) + ", not true or false");
    return value->get<bool>();
}

std::optional<std::string> ConfigReader::text(const char* key) const {
    const Json* value = any(key);
    if (!value) return std::nullopt;
    if (!value->is_string()) fail(key, "is " + quoted(*value) + ", not a string");
    return value->get<std::string>();
}

std::vector<std::uint32_t> ConfigReader::ids(const char* key, std::uint64_t vocabulary) const {
    const Json* value = any(key);
    if (!value) return {};
    std::vector<std::uint32_t> ids;
    const auto                 add = [&](const Json& id) {
        ids.push_back(static_cast<std::uint32_t>(number(key, id, 0, vocabulary - 1)));
    };
    if (!value->is_array())
        add(*value);
    else
        for (const Json& id : *value) add(id);
    return ids;
}

std::vector<std::vector<std::uint32_t>> ConfigReader::id_lists(const char* key, std::uint64_t vocabulary) const {
    const Json* value = any(key);
    if (!value) return {};
    if (!value->is_array()) fail(key, "is " + quoted(*value) + ", not a list of lists of token ids");
    std::vector<std::vector<std::uint32_t>> lists;
    for (const Json& sequence : *value) {
        if (!sequence.is_array() || sequence.empty())
            fail(key, "holds " + quoted(sequence) + ", not a list of token ids");
        std::vector<std::uint32_t>& ids = lists.emplace_back();
        for (const Json& id : sequence) ids.push_back(static_cast<std::uint32_t>(number(key, id, 0, vocabulary - 1)));
    }
    return lists;
}

}  // namespace attune
