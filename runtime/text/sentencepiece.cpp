#include "text/sentencepiece.h"

#include "base/utf8.h"
#include "text/sentencepiece_check.h"

#include <attune/error.hpp>

#include <sentencepiece_processor.h>

#include <new>

namespace attune {
namespace {

constexpr std::size_t max_text_bytes = 1u << 20;

class LoadedModel final : public SentencePiece {
public:
    LoadedModel(std::string_view model, const std::string& where) : where_(where) {
        check_sentencepiece(model, where);
        std::string problem;
        try {
            const auto status = processor_.LoadFromSerializedProto(model);
            if (!status.ok()) problem = status.ToString();
        } catch (const std::bad_alloc&) {
            throw;
        } catch (const std::exception& exception) {  // of the trie builder that the library contains
            problem = exception.what();
        }
        if (!problem.empty())
            throw Error(Status::bad_input, where, "SentencePiece refuses it: " + in_quotes(problem, 200));
    }

    std::vector<std::string> pieces(std::string_view text) const override { return encoded<std::string>(text); }
    std::size_t              count(std::string_view text) const override { return encoded<int>(text).size(); }

    std::string join(const std::vector<std::string>& pieces) const override { return decoded(pieces); }

    std::vector<std::uint32_t> ids(std::string_view text) const override {
        const std::vector<int> ids = encoded<int>(text);
        return {ids.begin(), ids.end()};
    }
    std::string join(std::span<const std::uint32_t> ids) const override {
        return decoded(std::vector<int>(ids.begin(), ids.end()));
    }

    std::size_t   size() const noexcept override { return static_cast<std::size_t>(processor_.GetPieceSize()); }
    std::uint32_t unknown() const override { return static_cast<std::uint32_t>(processor_.unk_id()); }
    std::optional<std::uint32_t> end() const override {
        const int id = processor_.eos_id();
        return id < 0 ? std::nullopt : std::optional(static_cast<std::uint32_t>(id));
    }
    const std::string& where() const noexcept override { return where_; }

private:
    // The text of pieces, given as names or as the model's own ids.
    template <class Piece> std::string decoded(const std::vector<Piece>& pieces) const {
        std::string text;
        if (const auto status = processor_.Decode(pieces, &text); !status.ok())
            throw Error(Status::bad_input, "tokens",
                        "SentencePiece cannot decode them: " + in_quotes(status.ToString(), 200));
        return text;
    }

    // The pieces of a text, as names or as the model's own ids.
    template <class Piece> std::vector<Piece> encoded(std::string_view text) const {
        if (text.size() > max_text_bytes)
            throw Error(Status::bad_input, "text", "has " + std::to_string(text.size()) + " bytes in one piece",
                        "split it first");
        std::vector<Piece> pieces;
        if (const auto status = processor_.Encode(text, &pieces); !status.ok())
            throw Error(Status::bad_input, "text",
                        "SentencePiece cannot encode it: " + in_quotes(status.ToString(), 200));
        return pieces;
    }

    std::string                           where_;
    sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

std::unique_ptr<const SentencePiece> make_sentencepiece(std::string_view model, const std::string& where) {
    return std::make_unique<LoadedModel>(model, where);
}

std::unique_ptr<const SentencePiece> open_sentencepiece(const File& file) {
    return make_sentencepiece(file.read(max_sentencepiece_bytes), file.text());
}

}  // namespace attune
