#include "text/sentencepiece_tokenizer.h"

#include "text/utf8.h"

#include <attune/error.hpp>

namespace attune {
namespace {

std::uint32_t end_of(const SentencePiece& vocabulary) {
    if (const auto end = vocabulary.end()) return *end;
    throw Error(Status::bad_input, vocabulary.where(), "has no end token", "the model was trained without </s>");
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(std::shared_ptr<const SentencePiece> source,
                                               std::shared_ptr<const SentencePiece> target)
    : source_(std::move(source)), target_(target ? std::move(target) : source_), source_end_(end_of(*source_)),
      target_end_(end_of(*target_)) {}

std::vector<std::uint32_t> SentencePieceTokenizer::encode(std::string_view text) const {
    std::vector<std::uint32_t> ids = source_->ids(text);
    ids.push_back(source_end_);
    return ids;
}

std::string SentencePieceTokenizer::decode(std::span<const std::uint32_t> ids) const {
    for (const std::uint32_t id : ids)
        if (id >= target_->size())
            throw Error(Status::bad_input, "tokens",
                        std::to_string(id) + " is none of the " + std::to_string(target_->size()) + " of " +
                            target_->where());
    const std::string text = target_->join(ids);  // leaves out the end token, which is a control piece
    return std::string(trimmed(text));
}

}  // namespace attune
