#include "text/marian_tokenizer.h"

#include "base/file.h"
#include "base/utf8.h"
#include "text/sentencepiece_check.h"
#include "text/utf8.h"

#include <attune/error.hpp>

#include <sentencepiece_processor.h>

#include <algorithm>
#include <new>

namespace attune {
namespace {

constexpr std::string_view end_piece       = "</s>";
constexpr std::string_view pad_piece       = "<pad>";
constexpr std::uint64_t    max_model_bytes = 64u << 20;
constexpr std::size_t      max_text_bytes  = 1u << 20;

bool is_language_code(std::string_view piece) {
    return piece.size() > 4 && piece.starts_with(">>") && piece.ends_with("<<");
}

// Tokens that text must never turn into, whatever somebody types.
bool is_special(std::string_view piece) {
    return piece == end_piece || piece == pad_piece || piece == "<unk>" || is_language_code(piece);
}

std::unique_ptr<const sentencepiece::SentencePieceProcessor> open_sentencepiece(const std::filesystem::path& path) {
    const std::string model = read_file(path, max_model_bytes);
    check_sentencepiece(model, path.string());
    auto        processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
    std::string problem;
    try {
        const auto status = processor->LoadFromSerializedProto(model);
        if (!status.ok()) problem = status.ToString();
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& exception) {  // of the trie builder that the library contains
        problem = exception.what();
    }
    if (!problem.empty())
        throw Error(Status::bad_input, path.string(), "SentencePiece refuses it: " + in_quotes(problem, 200));
    return processor;
}

// The pieces of a text, as names or as the model's own ids.
template <class Piece>
std::vector<Piece> pieces_of(const sentencepiece::SentencePieceProcessor& model, std::string_view text) {
    if (text.size() > max_text_bytes)
        throw Error(Status::bad_input, "text", "has " + std::to_string(text.size()) + " bytes in one piece",
                    "split it first");
    std::vector<Piece> pieces;
    if (const auto status = model.Encode(text, &pieces); !status.ok())
        throw Error(Status::bad_input, "text", "SentencePiece cannot encode it: " + in_quotes(status.ToString(), 200));
    return pieces;
}

Vocabulary open_vocabulary(const std::filesystem::path& path) {
    Vocabulary vocabulary = Vocabulary::open(path);
    if (!vocabulary.find(end_piece)) throw Error(Status::bad_input, path.string(), "has no </s>");
    return vocabulary;
}

}  // namespace

MarianTokenizer::MarianTokenizer()                                      = default;
MarianTokenizer::MarianTokenizer(MarianTokenizer&&) noexcept            = default;
MarianTokenizer& MarianTokenizer::operator=(MarianTokenizer&&) noexcept = default;
MarianTokenizer::~MarianTokenizer()                                     = default;

MarianTokenizer MarianTokenizer::open(const std::filesystem::path& folder) {
    MarianTokenizer out;
    out.source_vocabulary_ = open_vocabulary(folder / "vocab.json");
    if (std::filesystem::exists(folder / "target_vocab.json"))
        out.target_vocabulary_ = open_vocabulary(folder / "target_vocab.json");
    out.source_ = open_sentencepiece(folder / "source.spm");
    out.target_ = open_sentencepiece(folder / "target.spm");

    for (std::uint32_t id = 0; id < out.source_vocabulary_.size(); ++id)
        if (is_language_code(out.source_vocabulary_.piece(id)))
            out.languages_.push_back(out.source_vocabulary_.piece(id));
    std::sort(out.languages_.begin(), out.languages_.end());
    return out;
}

// The language code at the start of the text, which loses it; empty if there is none that we know.
std::string_view MarianTokenizer::cut_language(std::string_view& text) const {
    if (!text.starts_with(">>")) return {};
    const std::size_t end = text.find("<<");
    if (end == std::string_view::npos) return {};
    const std::string_view code = text.substr(0, end + 2);
    if (!std::binary_search(languages_.begin(), languages_.end(), code)) return {};
    text.remove_prefix(code.size());
    return code;
}

std::vector<std::uint32_t> MarianTokenizer::look_up(const SentencePiece& model, const Vocabulary& vocabulary,
                                                    std::string_view text) const {
    std::vector<std::uint32_t> ids;
    for (const std::string& piece : pieces_of<std::string>(model, text))
        ids.push_back(is_special(piece) ? vocabulary.unknown() : vocabulary.find(piece).value_or(vocabulary.unknown()));
    return ids;
}

std::vector<std::uint32_t> MarianTokenizer::encode(std::string_view text) const {
    const std::string_view     language = cut_language(text);
    std::vector<std::uint32_t> ids      = look_up(*source_, source_vocabulary_, text);
    if (!language.empty()) ids.insert(ids.begin(), *source_vocabulary_.find(language));
    ids.push_back(*source_vocabulary_.find(end_piece));
    return ids;
}

std::vector<std::uint32_t> MarianTokenizer::encode_target(std::string_view text) const {
    return look_up(*target_, target_vocabulary(), text);
}

std::size_t MarianTokenizer::count(std::string_view text) const {
    const bool language = !cut_language(text).empty();
    return (language ? 1u : 0u) + pieces_of<int>(*source_, text).size() + 1u;
}

std::string MarianTokenizer::decode(std::span<const std::uint32_t> ids) const {
    std::vector<std::string> pieces;
    pieces.reserve(ids.size());
    for (const std::uint32_t id : ids) {
        const std::string& piece = target_vocabulary().piece(id);
        if (piece != end_piece && piece != pad_piece && !piece.empty()) pieces.push_back(piece);
    }
    std::string text;
    if (const auto status = target_->Decode(pieces, &text); !status.ok())
        throw Error(Status::bad_input, "tokens",
                    "SentencePiece cannot decode them: " + in_quotes(status.ToString(), 200));

    // A piece that target.spm does not know comes back as it is, with its mark for a space.
    static constexpr std::string_view space_mark = "\xE2\x96\x81";
    for (std::size_t at = 0; (at = text.find(space_mark, at)) != std::string::npos; ++at)
        text.replace(at, space_mark.size(), " ");
    return std::string(trimmed(text));
}

}  // namespace attune
