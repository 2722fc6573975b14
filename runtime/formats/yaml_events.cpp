#include "formats/yaml_events.h"

#include "base/utf8.h"

#include <attune/error.hpp>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace attune {
namespace {

constexpr std::size_t max_text_bytes = 64u << 10;

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw Error(Status::bad_input, where, what);
}

// Refuses what settings have no use for, and passes on the rest. yaml-cpp calls itself for what is nested, but
// not before the handler has been told.
class Events final : public YAML::EventHandler {
public:
    Events(YamlHandler& handler, const std::string& where) : handler_(handler), where_(where) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ > 0) refuse(mark, "begins another document; one is read");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        expect_plain(mark, "?", anchor);
        handler_.null();
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "has an alias, which is not read"); }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        expect_plain(mark, tag, anchor);
        handler_.scalar(value);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        expect_plain(mark, tag, anchor);
        handler_.begin_list();
    }
    void OnSequenceEnd() override { handler_.end_list(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        expect_plain(mark, tag, anchor);
        handler_.begin_map();
    }
    void OnMapEnd() override { handler_.end_map(); }

    unsigned documents() const noexcept { return documents_; }

private:
    [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& what) const {
        fail(where_, "line " + std::to_string(mark.line + 1) + " " + what);
    }

    // What has no tag comes with the tag "?", or "!" if it is quoted.
    void expect_plain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
        if (anchor != YAML::NullAnchor) refuse(mark, "has an anchor, which is not read");
        if (!tag.empty() && tag != "?" && tag != "!")
            refuse(mark, "has the tag " + in_quotes(tag) + ", which is not read");
    }

    YamlHandler&       handler_;
    const std::string& where_;
    unsigned           documents_ = 0;
};

void expect_readable(std::string_view text, const std::string& where) {
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\t' && c != '\r';
    };
    if (text.size() > max_text_bytes) fail(where, "has settings of more than 65536 bytes");
    if (!is_utf8(text)) fail(where, "has settings that are not UTF-8");
    if (std::ranges::any_of(text, is_control)) fail(where, "has settings with a control character");
}

}  // namespace

void scan_yaml(std::string_view text, const std::string& where, YamlHandler& handler) {
    expect_readable(text, where);
    std::istringstream in{std::string(text)};
    Events             events(handler, where);
    try {
        YAML::Parser parser(in);
        while (parser.HandleNextDocument(events)) {}
    } catch (const YAML::Exception& exception) {
        fail(where,
             "line " + std::to_string(exception.mark.line + 1) + " is no YAML: " + in_quotes(exception.msg, 200));
    }
    if (events.documents() == 0) fail(where, "holds no settings");
}

}  // namespace attune
