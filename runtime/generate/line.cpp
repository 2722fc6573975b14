#include "generate/line.h"

#include "text/sentence_split.h"
#include "text/utf8.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune {
namespace {

// ">>de<<": from the option, else from the front of the text, where it is cut off.
std::string take_language(std::string_view& text, const TranslateOptions& options,
                          const std::vector<std::string>& languages) {
    const auto known = [&](const std::string& code) {
        return std::find(languages.begin(), languages.end(), code) != languages.end();
    };
    const std::size_t end     = text.starts_with(">>") ? text.find("<<") : std::string_view::npos;
    std::string       in_text = end == std::string_view::npos ? "" : std::string(text.substr(0, end + 2));
    if (known(in_text))
        text.remove_prefix(end + 2);
    else
        in_text.clear();
    if (options.target_language.empty()) return in_text;

    const std::string code = ">>" + options.target_language + "<<";
    if (known(code)) return code;
    std::string all;
    for (const std::string& language : languages)
        all += (all.empty() ? "" : ", ") + language.substr(2, language.size() - 4);
    throw Error(Status::bad_input, "target language " + options.target_language, "is none of this model's",
                all.empty() ? "the model translates one pair; leave it out" : "it has " + all);
}

}  // namespace

std::uint64_t longest_source(const MarianConfig& config) { return config.max_position_embeddings; }

Line prepare_line(const std::string& text, const TranslateOptions& options, const Model& model,
                  std::uint32_t max_length, const std::atomic<bool>* cancel) {
    Line            line;
    const CleanText clean      = clean_text(text);
    line.repairs               = static_cast<std::uint32_t>(clean.replaced);
    std::string_view  rest     = clean.text;
    const std::string language = take_language(rest, options, model.tokenizer().languages());
    if (trimmed(rest).empty()) return line;

    // What the model cannot write in full it must not read in one piece, or the end would be lost.
    const std::uint64_t limit =
        std::max<std::uint64_t>(std::min<std::uint64_t>(longest_source(model.config()), max_length), 8);
    const auto count = [&](std::string_view part) {
        if (cancel && cancel->load(std::memory_order_relaxed))
            throw Error(Status::cancelled, "translate", "was cancelled");
        return model.tokenizer().count(part) + (language.empty() ? 0 : 1);
    };
    const SplitText split = split_long(rest, limit, count);
    if (split.parts.size() > 1) line.leading = std::string(split.leading);
    for (const TextPart& part : split.parts) {
        line.parts.push_back({.source = model.tokenizer().encode(language + std::string(part.text)),
                              .gap    = std::string(part.gap),
                              .result = {}});
        line.source_tokens += line.parts.back().source.size();
        if (line.parts.back().source.size() > longest_source(model.config()))
            throw Error(Status::bad_input, "line", "has a character of more tokens than the model can take");
    }
    line.waiting = line.parts.size();
    return line;
}

namespace {

// A newline in a result would break the one-line-per-line contract of programs that print it.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

Hypothesis join(const Line& line, std::size_t rank, const MarianTokenizer& tokenizer) {
    Hypothesis    whole;
    double        weighted     = 0;
    std::uint32_t first_source = 0;
    whole.text                 = line.leading;
    for (std::size_t p = 0; p < line.parts.size(); ++p) {
        const LinePart& part       = line.parts[p];
        const auto&     hypotheses = part.result.hypotheses;
        const auto      place      = std::min(rank, hypotheses.size() - 1);
        const auto&     one        = hypotheses.at(place);
        whole.text += tokenizer.decode(one.tokens) + (p + 1 < line.parts.size() ? part.gap : "");
        if (place < part.result.alignments.size()) {
            const auto&         aligned      = part.result.alignments[place];
            const std::uint32_t first_target = static_cast<std::uint32_t>(whole.tokens.size());
            for (std::uint32_t t = 0; t < aligned.size(); ++t)
                whole.alignment.emplace_back(first_source + aligned[t], first_target + t);
        }
        whole.tokens.insert(whole.tokens.end(), one.tokens.begin(), one.tokens.end());
        weighted += static_cast<double>(one.score) * static_cast<double>(one.tokens.size());
        first_source += static_cast<std::uint32_t>(part.source.size());
    }
    whole.text = one_line(std::move(whole.text));
    whole.score =
        line.parts.size() == 1
            ? static_cast<double>(
                  line.parts[0].result.hypotheses.at(std::min(rank, line.parts[0].result.hypotheses.size() - 1)).score)
            : weighted / static_cast<double>(std::max<std::size_t>(whole.tokens.size(), 1));
    return whole;
}

}  // namespace

Translation finish_line(Line&& line, const TranslateOptions& options, const MarianTokenizer& tokenizer) {
    Translation result;
    result.repairs = line.repairs;
    result.parts   = static_cast<std::uint32_t>(std::max<std::size_t>(line.parts.size(), 1));
    for (std::uint32_t rank = 0; rank < options.num_hypotheses; ++rank)
        result.hypotheses.push_back(line.parts.empty() ? Hypothesis{} : join(line, rank, tokenizer));
    result.text = result.hypotheses.front().text;
    for (const LinePart& part : line.parts)
        result.source_tokens.insert(result.source_tokens.end(), part.source.begin(), part.source.end());
    return result;
}

}  // namespace attune
