// One input line on its way: cleaned, cut into parts that fit the model, and joined again.
#pragma once

#include "generate/model.h"
#include "text/sentence_split.h"

#include <optional>

namespace attune {

// A part of a line that is translated by itself.
struct LinePart {
    std::vector<std::uint32_t> source;  // token ids, language and end included
    std::string                gap;     // white space between it and the next part
    BatchResult                result;
};

// A line, or a stretch of one that is too long to be held whole.
struct Line {
    std::string           leading;            // white space before the first part of a line that was cut
    std::vector<LinePart> parts;              // none: a blank line
    std::size_t           waiting       = 0;  // parts without a result
    std::uint64_t         source_tokens = 0;
    std::uint32_t         repairs       = 0;
};

// Source tokens that the model can take at once.
std::uint64_t longest_source(const MarianConfig& config);

// Makes parts of a line that comes in any number of pieces; the parts are the same for all of them. A line with
// more tokens than the model reads, or than it may write (max_length), is cut at sentence ends. The members
// throw bad_input for a target language that the model does not have, cancelled if somebody asks for it.
class LineCutter {
public:
    LineCutter(const TranslateOptions& options, const Model& model, std::uint32_t max_length,
               const std::atomic<bool>* cancel);
    LineCutter(const LineCutter&) = delete;

    // The next piece of the line, best of at most piece_bytes. Now and then the parts that can be cut off go to `line`.
    static constexpr std::size_t piece_bytes = std::size_t{64} << 10;
    void                         add(std::string_view bytes, Line& line);

    // The line ends here. White space at its end is the last part's gap.
    void end(Line& line);

private:
    void                       take_text(std::size_t bytes, Line& line);
    void                       cut(TextCutter::Window state, Line& line);
    void                       add_part(const TextPart& part, Line& line);
    std::vector<std::uint32_t> encode(std::string_view part) const;
    std::size_t                count(std::string_view part);

    const TranslateOptions&    options_;
    const Model&               model_;
    const std::atomic<bool>*   cancel_;
    std::size_t                limit_;       // tokens of a part
    std::string                open_bytes_;  // of a code point that is not complete yet
    std::string                window_;      // text behind the last part
    std::size_t                enough_;      // bytes of it that are worth a look
    std::string                language_;
    std::optional<TextCutter>  cutter_;   // once the language is known
    std::string_view           counted_;  // the text that was counted last, and its tokens
    std::vector<std::uint32_t> counted_ids_;
};

// A whole line.
Line prepare_line(const std::string& text, const TranslateOptions& options, const Model& model,
                  std::uint32_t max_length, const std::atomic<bool>* cancel);

// A line of one part, given as tokens. Throws bad_input as TranslationStream::push().
Line line_of_tokens(std::span<const std::uint32_t> tokens, const Model& model);

Translation finish_line(Line&& line, const TranslateOptions& options, const Tokenizer& tokenizer);

Translator::Inspection inspect_model(Model& model, std::uint32_t rows);

}  // namespace attune
