// Text to token ids and back for MarianMT (opus-mt) folders: vocab.json, source.spm and target.spm.
#pragma once

#include "text/sentencepiece.h"
#include "text/vocabulary.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// All const members may be called by several threads at once.
class MarianTokenizer {
public:
    // Opens a folder as downloaded. vocab.json serves both sides unless tokenizer_config.json says
    // `separate_vocabs`, or says nothing and target_vocab.json is there.
    // Throws bad_input for a missing or damaged file, or a vocabulary without </s>; the SentencePiece
    // files are checked before the library sees them (sentencepiece_check.h).
    static MarianTokenizer open(const std::filesystem::path& folder);

    // Whether the target has a vocabulary of its own, as open() decides it.
    static bool has_target_vocabulary(const std::filesystem::path& folder);

    MarianTokenizer(MarianTokenizer&&) noexcept;
    MarianTokenizer& operator=(MarianTokenizer&&) noexcept;
    ~MarianTokenizer();

    // Source ids, </s> included. Pieces of source.spm are looked up in the vocabulary by name, and one
    // that is not there is <unk>. A language code such as ">>de<<" at the very start is cut off and becomes
    // one token if it is one of languages(). Everything else is text: "</s>", "<pad>" or a code further
    // on that somebody typed never become those tokens.
    // `text` should be UTF-8 (text/utf8.h); bad_input if it has over 1 MiB (text/sentence_split.h).
    std::vector<std::uint32_t> encode(std::string_view text) const;

    // Target ids without </s>, for a forced start of the translation. No language codes.
    std::vector<std::uint32_t> encode_target(std::string_view text) const;

    // encode(text).size(), faster.
    std::size_t count(std::string_view text) const;

    // The text of target ids: </s> and <pad> dropped, pieces joined by target.spm, U+2581 a space, white
    // space at both ends dropped, nothing else changed. <unk> shows as the U+2047 of SentencePiece.
    // bad_input for an id that the vocabulary does not have.
    std::string decode(std::span<const std::uint32_t> ids) const;

    // The language codes of the vocabulary, such as ">>de<<", sorted; empty for a model of one pair.
    const std::vector<std::string>& languages() const noexcept { return languages_; }

    const Vocabulary& source_vocabulary() const noexcept { return source_vocabulary_; }
    const Vocabulary& target_vocabulary() const noexcept {
        return target_vocabulary_ ? *target_vocabulary_ : source_vocabulary_;
    }

private:
    MarianTokenizer();
    std::vector<std::uint32_t> look_up(const SentencePiece&, const Vocabulary&, std::string_view text) const;
    std::string_view           cut_language(std::string_view& text) const;

    Vocabulary                           source_vocabulary_;
    std::optional<Vocabulary>            target_vocabulary_;  // if the model has one of its own
    std::unique_ptr<const SentencePiece> source_, target_;
    std::vector<std::string>             languages_;
};

}  // namespace attune
