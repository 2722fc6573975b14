// Text to token ids and back for MarianMT (opus-mt) folders: vocab.json, source.spm and target.spm.
#pragma once

#include "text/sentencepiece.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

#include <memory>
#include <optional>

namespace attune {

class MarianTokenizer final : public Tokenizer {
public:
    // Opens a folder as downloaded. vocab.json serves both sides unless tokenizer_config.json says
    // `separate_vocabs`, or says nothing and target_vocab.json is there.
    // Throws bad_input for a missing or damaged file, or a vocabulary without </s>; the SentencePiece
    // files are checked before the library sees them (sentencepiece_check.h).
    static MarianTokenizer open(const Folder& folder);

    // Whether the target has a vocabulary of its own, as open() decides it.
    static bool has_target_vocabulary(const Folder& folder);

    MarianTokenizer(MarianTokenizer&&) noexcept;
    MarianTokenizer& operator=(MarianTokenizer&&) noexcept;
    ~MarianTokenizer() override;

    // Pieces of source.spm are looked up in the vocabulary by name, and one
    // that is not there is <unk>. A language code such as ">>de<<" at the very start is cut off and becomes
    // one token if it is one of languages(). Everything else is text: "</s>", "<pad>" or a code further
    // on that somebody typed never become those tokens.
    std::vector<std::uint32_t> encode(std::string_view text) const override;

    // Target ids without </s>, for a forced start of the translation. No language codes.
    std::vector<std::uint32_t> encode_target(std::string_view text) const;

    std::size_t count(std::string_view text) const override;

    // </s> and <pad> are dropped; pieces are joined by target.spm, U+2581 a space.
    std::string decode(std::span<const std::uint32_t> ids) const override;

    const std::vector<std::string>& languages() const noexcept override { return languages_; }
    std::size_t                     source_size() const noexcept override { return source_vocabulary_.size(); }
    std::size_t                     target_size() const noexcept override { return target_vocabulary().size(); }

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
