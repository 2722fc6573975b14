// One input line on its way: cleaned, cut into parts that fit the model, and joined again.
#pragma once

#include "generate/model.h"

namespace attune {

// A part of a line that is translated by itself.
struct LinePart {
    std::vector<std::uint32_t> source;  // token ids, language and end included
    std::string                gap;     // white space between it and the next part
    BatchResult                result;
};

struct Line {
    std::string           leading;            // white space before the first part of a line that was cut
    std::vector<LinePart> parts;              // none: a blank line
    std::size_t           waiting       = 0;  // parts without a result
    std::uint64_t         source_tokens = 0;
    std::uint32_t         repairs       = 0;
};

// Source tokens that the model can take at once.
std::uint64_t longest_source(const MarianConfig& config);

// Throws bad_input for a target language that the model does not have, cancelled if somebody asks for it.
// A line with more tokens than the model reads, or than it may write (max_length), is cut at sentence ends.
Line prepare_line(const std::string& text, const TranslateOptions& options, const Model& model,
                  std::uint32_t max_length, const std::atomic<bool>* cancel);

Translation finish_line(Line&& line, const TranslateOptions& options, const MarianTokenizer& tokenizer);

Translator::Inspection inspect_model(Model& model, std::uint32_t rows);

}  // namespace attune
