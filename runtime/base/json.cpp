#include "base/json.h"

#include "base/utf8.h"

#include <attune/error.hpp>

#include <utility>
#include <vector>

namespace attune {
namespace {

// Builds the document from the parser's events and refuses what the limits forbid as soon as it is
// seen. (The parser's own callback filter looks through all siblings after each nested object, which
// is quadratic; this is not.)
class Builder final : public JsonHandler {
public:
    Builder(const std::string& where, const JsonLimits& limits) : JsonHandler(where), limits_(limits) {}

    Json take() && { return std::move(root_); }

    bool null() override { return put(nullptr), true; }
    bool boolean(bool value) override { return put(value), true; }
    bool number_integer(Json::number_integer_t value) override { return put(value), true; }
    bool number_unsigned(Json::number_unsigned_t value) override { return put(value), true; }
    bool number_float(Json::number_float_t value, const std::string&) override { return put(value), true; }
    bool string(std::string& value) override { return put(std::move(value)), true; }

    bool start_object(std::size_t) override { return enter(Json::value_t::object), true; }
    bool start_array(std::size_t) override { return enter(Json::value_t::array), true; }
    bool end_object() override { return open_.pop_back(), true; }
    bool end_array() override { return open_.pop_back(), true; }

    bool key(std::string& name) override {
        const auto [member, is_new] = open_.back()->get_ref<Json::object_t&>().emplace(name, nullptr);
        if (!is_new) throw Error(Status::bad_input, where(), "holds the name " + in_quotes(name) + " twice");
        member_ = &member->second;
        return true;
    }

private:
    Json* put(Json value) {
        if (++values_ > limits_.values)
            throw Error(Status::bad_input, where(),
                        "holds more than " + std::to_string(limits_.values) + " values of JSON");
        if (open_.empty()) return &(root_ = std::move(value));
        if (open_.back()->is_object()) return &(*member_ = std::move(value));
        return &open_.back()->get_ref<Json::array_t&>().emplace_back(std::move(value));
    }

    void enter(Json::value_t type) {
        if (open_.size() >= limits_.depth)
            throw Error(Status::bad_input, where(),
                        "is nested deeper than " + std::to_string(limits_.depth) + " levels");
        // The addresses stay valid: a container grows only after its youngest child is complete.
        open_.push_back(put(Json(type)));
    }

    JsonLimits         limits_;
    std::size_t        values_ = 0;
    Json               root_;
    std::vector<Json*> open_;              // containers around the current place, outermost first
    Json*              member_ = nullptr;  // of the innermost object: where the next value goes
};

constexpr std::size_t max_token_bytes = 1u << 20;

bool is_of_number(char c) noexcept { return std::string_view("0123456789+-.eE").find(c) != std::string_view::npos; }

// The parser collects the bytes since the start of the last string or number, those of a string twice,
// in buffers that double: several times the text's size, if that is a single string or blank.
void expect_short_tokens(std::string_view text, const std::string& where) {
    bool        in_string = false;
    std::size_t start     = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string && c == '\\')
            ++i;
        else if (c == '"') {
            in_string = !in_string;
            if (in_string) start = i;
        } else if (!in_string && is_of_number(c) && !is_of_number(text[i - (i > 0)]))
            start = i;
        if (i - start > max_token_bytes)
            throw Error(Status::bad_input, where,
                        "holds over 1 MiB of JSON without a string or number, or a longer one, at byte " +
                            std::to_string(start));
    }
}

}  // namespace

bool JsonHandler::parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: reason"
    std::string_view reason = error.what();
    for (const std::string_view mark : {"] ", ": "})
        if (const std::size_t at = reason.find(mark); at != std::string_view::npos) reason.remove_prefix(at + 2);
    throw Error(Status::bad_input, where_,
                "is not valid JSON at byte " + std::to_string(position) + ": " + in_quotes(reason, 160));
}

void scan_json(std::string_view text, JsonHandler& handler) {
    // The parser would take a NUL for the end and pass over whatever follows it.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
        throw Error(Status::bad_input, handler.where(), "is not valid JSON at byte " + std::to_string(nul) + ": a NUL");
    expect_short_tokens(text, handler.where());
    if (!Json::sax_parse(text.begin(), text.end(), &handler))
        throw Error(Status::bad_input, handler.where(), "is not valid JSON");
}

Json parse_json(std::string_view text, const std::string& where, const JsonLimits& limits) {
    if (text.size() > limits.bytes)
        throw Error(Status::bad_input, where,
                    "has " + std::to_string(text.size()) + " bytes of JSON, more than the " +
                        std::to_string(limits.bytes) + " allowed");
    Builder builder(where, limits);
    scan_json(text, builder);
    return std::move(builder).take();
}

Json read_json(const File& file, const JsonLimits& limits) {
    return parse_json(file.read(limits.bytes), file.text(), limits);
}

}  // namespace attune
