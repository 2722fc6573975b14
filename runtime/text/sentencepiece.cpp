#include "text/sentencepiece.h"

#include "base/file.h"
#include "base/utf8.h"
#include "text/sentencepiece_check.h"

#include <attune/error.hpp>

#include <sentencepiece_processor.h>

#include <new>

namespace attune {
namespace {

constexpr std::uint64_t max_model_bytes = 8u << 20;
constexpr std::size_t   max_text_bytes  = 1u << 20;

class LoadedModel final : public SentencePiece {
public:
    explicit LoadedModel(const std::filesystem::path& path) {
        const std::string model = read_file(path, max_model_bytes);
        check_sentencepiece(model, path_text(path));
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
            throw Error(Status::bad_input, path_text(path), "SentencePiece refuses it: " + in_quotes(problem, 200));
    }

    std::vector<std::string> pieces(std::string_view text) const override { return encoded<std::string>(text); }
    std::size_t              count(std::string_view text) const override { return encoded<int>(text).size(); }

    std::string join(const std::vector<std::string>& pieces) const override {
        std::string text;
        if (const auto status = processor_.Decode(pieces, &text); !status.ok())
            throw Error(Status::bad_input, "tokens",
                        "SentencePiece cannot decode them: " + in_quotes(status.ToString(), 200));
        return text;
    }

private:
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

    sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

std::unique_ptr<const SentencePiece> open_sentencepiece(const std::filesystem::path& path) {
    return std::make_unique<LoadedModel>(path);
}

}  // namespace attune
