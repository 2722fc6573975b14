#include "formats/yaml_settings.h"

#include "base/utf8.h"
#include "formats/yaml_events.h"

#include <attune/error.hpp>

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

namespace attune {
namespace {

using Values = std::map<std::string, std::vector<std::string>>;

// {key: scalar, key: [scalar, ...]}; nothing deeper.
class Collector final : public YamlHandler {
public:
    Collector(Values& values, const std::string& where) : values_(values), where_(where) {}

    void scalar(const std::string& text) override {
        if (place_ == key) return begin_value(text);
        expect_map();
        value_.push_back(text);
        if (place_ == value) end_value();
    }
    void null() override {
        if (place_ == key) fail("holds a value without a key");
        expect_map();
        if (place_ == list) fail("has " + in_quotes(key_) + ", a list with nothing in a place");
        place_ = key;
    }
    void begin_list() override {
        expect_map();
        if (place_ == key) fail("holds a key that is a list");
        if (place_ == list) fail("has " + in_quotes(key_) + ", a list of lists");
        place_ = list;
    }
    void end_list() override { end_value(); }
    void begin_map() override {
        if (place_ == key) fail("holds a key that is a map");
        if (place_ == value || place_ == list) fail("has " + in_quotes(key_) + ", which holds a map");
        place_ = key;
    }
    void end_map() override { place_ = outside; }

private:
    enum Place { outside, key, value, list };

    [[noreturn]] void fail(const std::string& what) const { throw Error(Status::bad_input, where_, what); }

    void expect_map() const {
        if (place_ == outside) fail("is no map of settings");
    }
    void begin_value(const std::string& name) {
        if (!keys_.insert(name).second) fail("has " + in_quotes(name) + " twice");
        key_ = name;
        value_.clear();
        place_ = value;
    }
    void end_value() {
        values_.emplace(key_, std::move(value_));
        value_ = {};
        place_ = key;
    }

    Values&                  values_;
    const std::string&       where_;
    Place                    place_ = outside;
    std::set<std::string>    keys_;  // those of nulls too
    std::string              key_;
    std::vector<std::string> value_;
};

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

std::string shown(double number) {
    std::ostringstream out;
    out << number;
    return out.str();
}

}  // namespace

YamlSettings::YamlSettings(std::string_view text, std::string where) : where_(std::move(where)) {
    Collector collector(values_, where_);
    scan_yaml(text, where_, collector);
}

const std::vector<std::string>* YamlSettings::any(const char* key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
}

void YamlSettings::fail(const char* key, const std::string& what, const std::string& hint) const {
    throw Error(Status::bad_input, where_, std::string(key) + " " + what, hint);
}

const std::string* YamlSettings::one(const char* key) const {
    const auto* values = any(key);
    if (!values) return nullptr;
    if (values->size() != 1) fail(key, "is a list of " + std::to_string(values->size()) + ", not one value");
    return &values->front();
}

std::uint64_t YamlSettings::number(const char* key, const std::string& value, std::uint64_t low,
                                   std::uint64_t high) const {
    std::uint64_t     number = 0;
    const char* const end    = value.data() + value.size();
    const auto [read, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc() || read != end || number < low || number > high)
        fail(key,
             "is " + in_quotes(value) + ", not an integer from " + std::to_string(low) + " to " + std::to_string(high));
    return number;
}

std::uint64_t YamlSettings::natural(const char* key, std::uint64_t otherwise, std::uint64_t low,
                                    std::uint64_t high) const {
    return optional_natural(key, low, high).value_or(otherwise);
}

std::optional<std::uint64_t> YamlSettings::optional_natural(const char* key, std::uint64_t low,
                                                            std::uint64_t high) const {
    const std::string* value = one(key);
    return value ? std::optional(number(key, *value, low, high)) : std::nullopt;
}

double YamlSettings::real(const char* key, double otherwise, double low, double high) const {
    const std::string* value = one(key);
    if (!value) return otherwise;
    double            number = 0;
    const char* const end    = value->data() + value->size();
    const auto [read, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc() || read != end || !(number >= low && number <= high))  // NaN too
        fail(key, "is " + in_quotes(*value) + ", not a number from " + shown(low) + " to " + shown(high));
    return number;
}

bool YamlSettings::flag(const char* key, bool otherwise) const {
    const std::string* value = one(key);
    if (!value) return otherwise;
    const std::string word = lower(*value);
    if (word == "true" || word == "yes" || word == "on") return true;
    if (word == "false" || word == "no" || word == "off") return false;
    fail(key, "is " + in_quotes(*value) + ", not true or false");
}

std::optional<std::string> YamlSettings::text(const char* key) const {
    const std::string* value = one(key);
    return value ? std::optional(*value) : std::nullopt;
}

std::vector<std::uint64_t> YamlSettings::naturals(const char* key, std::uint64_t low, std::uint64_t high) const {
    std::vector<std::uint64_t> numbers;
    for (const std::string& value : texts(key)) numbers.push_back(number(key, value, low, high));
    return numbers;
}

std::vector<std::string> YamlSettings::texts(const char* key) const {
    const auto* values = any(key);
    return values ? *values : std::vector<std::string>{};
}

}  // namespace attune
