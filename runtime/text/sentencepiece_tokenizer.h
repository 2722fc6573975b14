// Text to token ids and back where SentencePiece's own ids are the model's, as in Marian: vocab.*.spm, or one for
// each side.
#pragma once

#include "text/sentencepiece.h"
#include "text/tokenizer.h"

#include <memory>

namespace attune {

class SentencePieceTokenizer final : public Tokenizer {
public:
    // `target` null: both sides share a vocabulary. Throws bad_input for one without an end token.
    SentencePieceTokenizer(std::shared_ptr<const SentencePiece> source, std::shared_ptr<const SentencePiece> target);

    std::vector<std::uint32_t>      encode(std::string_view text) const override;
    std::size_t                     count(std::string_view text) const override { return source_->count(text) + 1; }
    std::string                     decode(std::span<const std::uint32_t> ids) const override;
    const std::vector<std::string>& languages() const noexcept override { return languages_; }
    std::size_t                     source_size() const noexcept override { return source_->size(); }
    std::size_t                     target_size() const noexcept override { return target_->size(); }

    // Of the target.
    std::uint32_t end() const { return target_end_; }
    std::uint32_t unknown() const { return target_->unknown(); }

private:
    std::shared_ptr<const SentencePiece> source_, target_;
    std::uint32_t                        source_end_, target_end_;
    std::vector<std::string>             languages_;
};

}  // namespace attune
