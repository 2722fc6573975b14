// A whole tiny MarianMT folder with random weights, tokenizer included.
#pragma once

#include "support/checkpoint_writer.h"
#include "support/temporary_folder.h"

#include <optional>

namespace attune::test {

// What SentencePiece writes for a space: U+2581.
inline const std::string space_mark = "\xE2\x96\x81";

// The word of a tiny vocabulary with this place among its words: a, b, .., z, ab, bb, ...
std::string tiny_word(std::size_t index);

// The text of `words` words of the tiny vocabulary, chosen by `seed`: as many source tokens, and the end.
std::string tiny_text(std::size_t words, std::uint32_t seed, std::size_t vocabulary = 12);

// vocab.json, source.spm and target.spm for `vocabulary` ids: </s>, <unk>, single words, <pad>.
void write_tiny_tokenizer(const TemporaryFolder& folder, std::size_t vocabulary);

// A vocabulary of words with its special tokens anywhere: every other id is the word `prefix` + a few letters.
struct TinyVocabulary {
    std::size_t   size    = 12;
    std::uint32_t end     = 0;
    std::uint32_t unknown = 1;
    std::uint32_t pad     = 11;
    std::string   prefix  = {};

    std::string piece(std::uint32_t id) const;
    // The text whose tokens are `ids`; special ones are left out.
    std::string text(const std::vector<std::uint32_t>& ids) const;
};

// vocab.json and source.spm of the one; target_vocab.json, target.spm and tokenizer_config.json with
// separate_vocabs of the other, if there is one.
void write_tiny_tokenizer(const TemporaryFolder& folder, const TinyVocabulary& source,
                          const std::optional<TinyVocabulary>& target = {});

// Everything: tiny_marian_config(changes), random weights, the tokenizer.
void write_tiny_model(const TemporaryFolder& folder, const Json& changes = Json::object());

}  // namespace attune::test
