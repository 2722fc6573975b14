#include "models/config_reader.h"

#include "base/utf8.h"

#include <attune/error.hpp>

#include <cmath>

namespace attune {
namespace {

std::string shown(const Json& value) {
    std::string text = value.dump();
    if (text.size() > 48) text = text.substr(0, 48) + "...";
    return in_quotes(text);
}

std::string range(std::uint64_t low, std::uint64_t high) {
    return "an integer from " + std::to_string(low) + " to " + std::to_string(high);
}

}  // namespace

bool ConfigReader::add(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return false;
    Json json = read_json(file);
    if (!json.is_object()) throw Error(Status::bad_input, file.string(), "is not a JSON object of settings");
    files_.push_back({file.string(), std::move(json)});
    return true;
}

ConfigReader::Found ConfigReader::find(const char* key) const {
    Found null;
    for (const File& file : files_) {
        const auto found = file.json.find(key);
        if (found == file.json.end()) continue;
        if (!found->is_null()) return {&file, &*found};
        if (!null.value) null = {&file, &*found};
    }
    return null;
}

const Json* ConfigReader::any(const char* key) const {
    const Json* value = find(key).value;
    return value && !value->is_null() ? value : nullptr;
}

void ConfigReader::fail(const char* key, const std::string& what) const {
    const Found       found = find(key);
    const std::string where = found.file ? found.file->where : files_.empty() ? "config.json" : files_.front().where;
    throw Error(Status::bad_input, where, std::string(key) + " " + what);
}

std::uint64_t ConfigReader::number(const char* key, const Json& value, std::uint64_t low, std::uint64_t high) const {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < low || value.get<std::uint64_t>() > high)
        fail(key, "is " + shown(value) + ", not " + range(low, high));
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
        fail(key, "is " + shown(*value) + ", not a number from " + Json(low).dump() + " to " + Json(high).dump());
    return number;
}

bool ConfigReader::flag(const char* key, bool otherwise) const {
    const Json* value = any(key);
    if (!value) return otherwise;
    if (!value->is_boolean()) fail(key, "is " + shown(*value) + ", not true or false");
    return value->get<bool>();
}

std::optional<std::string> ConfigReader::text(const char* key) const {
    const Json* value = any(key);
    if (!value) return std::nullopt;
    if (!value->is_string()) fail(key, "is " + shown(*value) + ", not a string");
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
    if (!value->is_array()) fail(key, "is " + shown(*value) + ", not a list of lists of token ids");
    std::vector<std::vector<std::uint32_t>> lists;
    for (const Json& sequence : *value) {
        if (!sequence.is_array() || sequence.empty())
            fail(key, "holds " + shown(sequence) + ", not a list of token ids");
        std::vector<std::uint32_t>& ids = lists.emplace_back();
        for (const Json& id : sequence) ids.push_back(static_cast<std::uint32_t>(number(key, id, 0, vocabulary - 1)));
    }
    return lists;
}

}  // namespace attune
