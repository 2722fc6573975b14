#include "format.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace attune::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string on_one_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

std::string score_text(double score) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6f", score);
    return text;
}

std::string alignment_text(const Hypothesis& hypothesis) {
    std::string text;
    for (const auto& [source, target] : hypothesis.alignment)
        text += (text.empty() ? "" : " ") + std::to_string(source) + '-' + std::to_string(target);
    return text;
}

std::string line(const Hypothesis& hypothesis, const Format& format) {
    std::string text;
    if (format.scores) text += score_text(hypothesis.score) + " ||| ";
    text += on_one_line(hypothesis.text);
    if (format.alignment) text += " ||| " + alignment_text(hypothesis);
    return text;
}

Json object(const Hypothesis& hypothesis, const Format& format) {
    Json json = {{"text", hypothesis.text}, {"score", hypothesis.score}, {"ids", hypothesis.tokens}};
    if (format.alignment) json["alignment"] = hypothesis.alignment;
    return json;
}

std::string json_line(const Translation& translation, const Format& format) {
    Json json = object(translation.hypotheses.empty() ? Hypothesis() : translation.hypotheses.front(), format);
    json["source_ids"] = translation.source_tokens;
    json["parts"]      = translation.parts;
    json["repairs"]    = translation.repairs;
    json["hypotheses"] = Json::array();
    for (const Hypothesis& hypothesis : translation.hypotheses) json["hypotheses"].push_back(object(hypothesis, format));
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string formatted(const Translation& translation, const Format& format) {
    if (format.json) return json_line(translation, format);
    std::string lines;
    // An empty line is not run, and a search may end with fewer sentences than asked for: lines stay parallel.
    for (std::size_t i = 0; i < format.hypotheses; ++i) {
        const bool there = i < translation.hypotheses.size() && !translation.source_tokens.empty();
        lines += (there ? line(translation.hypotheses[i], format) : std::string()) + '\n';
    }
    return lines;
}

}  // namespace attune::cli
