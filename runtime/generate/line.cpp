#include "generate/line.h"

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

LineCutter::LineCutter(const TranslateOptions& options, const Model& model, std::uint32_t max_length,
                       const std::atomic<bool>* cancel)
    : options_(options), model_(model), cancel_(cancel),
      // What the model cannot write in full it must not read in one piece, or the end would be lost.
      limit_(std::max<std::uint64_t>(std::min<std::uint64_t>(longest_source(model.config()), max_length), 8)),
      enough_(piece_bytes) {}

void LineCutter::add(std::string_view bytes, Line& line) {
    open_bytes_ += bytes;
    take_text(open_bytes_.size() - open_end(open_bytes_), line);
    if (window_.size() >= enough_) cut(TextCutter::Window::goes_on, line);
}

void LineCutter::end(Line& line) {
    take_text(open_bytes_.size(), line);
    cut(TextCutter::Window::ends, line);
}

void LineCutter::take_text(std::size_t bytes, Line& line) {
    const CleanText clean = clean_text(std::string_view(open_bytes_).substr(0, bytes));
    open_bytes_.erase(0, bytes);
    window_ += clean.text;
    line.repairs += static_cast<std::uint32_t>(clean.replaced);
}

void LineCutter::cut(TextCutter::Window state, Line& line) {
    std::string_view text = window_;
    if (!cutter_) {
        language_ = take_language(text, options_, model_.tokenizer().languages());
        cutter_.emplace(limit_, [this](std::string_view part) { return count(part); });
    }
    const std::size_t used = cutter_->cut(text, state, [&](const TextPart& part) { add_part(part, line); });
    counted_               = {};  // what it views moves
    window_.erase(0, window_.size() - text.size() + used);
    enough_ = 2 * window_.size() + piece_bytes;  // so that all looks together see a small multiple of the line
}

void LineCutter::add_part(const TextPart& part, Line& line) {
    if (part.text.empty()) {
        (line.parts.empty() ? line.leading : line.parts.back().gap) += part.gap;
        return;
    }
    const bool counted = part.text.data() == counted_.data() && part.text.size() == counted_.size();
    line.parts.push_back(
        {.source = counted ? std::move(counted_ids_) : encode(part.text), .gap = std::string(part.gap), .result = {}});
    if (counted) counted_ = {};
    const std::size_t tokens = line.parts.back().source.size();
    if (tokens > longest_source(model_.config()))
        throw Error(Status::bad_input, "line", "has a character of more tokens than the model can take");
    line.source_tokens += tokens;
    ++line.waiting;
}

std::vector<std::uint32_t> LineCutter::encode(std::string_view part) const {
    return model_.tokenizer().encode(language_ + std::string(part));
}

// Most parts have just been counted when they are settled: encoding is most of the work for a long text.
std::size_t LineCutter::count(std::string_view part) {
    if (cancel_ && cancel_->load(std::memory_order_relaxed))
        throw Error(Status::cancelled, "translate", "was cancelled");
    counted_     = part;
    counted_ids_ = encode(part);
    return counted_ids_.size();
}

Line prepare_line(const std::string& text, const TranslateOptions& options, const Model& model,
                  std::uint32_t max_length, const std::atomic<bool>* cancel) {
    Line       line;
    LineCutter cutter(options, model, max_length, cancel);
    for (std::string_view rest = text; !rest.empty();
         rest.remove_prefix(std::min(rest.size(), LineCutter::piece_bytes)))
        cutter.add(rest.substr(0, LineCutter::piece_bytes), line);
    cutter.end(line);
    if (line.parts.empty()) line.leading.clear();
    return line;
}

Line line_of_tokens(std::span<const std::uint32_t> tokens, const Model& model) {
    const auto n = [](std::uint64_t value) { return std::to_string(value); };
    if (tokens.empty() || tokens.size() > longest_source(model.config()))
        throw Error(Status::bad_input, "tokens",
                    "are " + n(tokens.size()) + ", the model reads 1 to " + n(longest_source(model.config())));
    for (const std::uint32_t id : tokens)
        if (id >= model.config().vocab_size)
            throw Error(Status::bad_input, "token " + n(id),
                        "is beyond the source vocabulary, which has " + n(model.config().vocab_size) + " entries");
    Line line;
    line.parts.push_back({.source = {tokens.begin(), tokens.end()}, .gap = {}, .result = {}});
    line.waiting       = 1;
    line.source_tokens = tokens.size();
    return line;
}

namespace {

// A newline in a result would break the one-line-per-line contract of programs that print it.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

Hypothesis join(const Line& line, std::size_t rank, const Tokenizer& tokenizer) {
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

Translation finish_line(Line&& line, const TranslateOptions& options, const Tokenizer& tokenizer) {
    Translation result;
    result.repairs = line.repairs;
    result.parts   = static_cast<std::uint32_t>(std::max<std::size_t>(line.parts.size(), 1));
    for (std::uint32_t rank = 0; rank < options.num_hypotheses; ++rank)
        result.hypotheses.push_back(join(line, rank, tokenizer));
    result.text = result.hypotheses.front().text;
    for (const LinePart& part : line.parts)
        result.source_tokens.insert(result.source_tokens.end(), part.source.begin(), part.source.end());
    return result;
}

}  // namespace attune
