#include "text/marian_tokenizer.h"

#include "base/json.h"
#include "text/utf8.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune {
namespace {

constexpr std::string_view end_piece = "</s>";
constexpr std::string_view pad_piece = "<pad>";

bool is_language_code(std::string_view piece) {
    return piece.size() > 4 && piece.starts_with(">>") && piece.ends_with("<<");
}

// Tokens that text must never turn into, whatever somebody types.
bool is_special(std::string_view piece) {
    return piece == end_piece || piece == pad_piece || piece == "<unk>" || is_language_code(piece);
}

void expect_files(const Folder& folder) {
    std::string missing;
    for (const char* name : {"vocab.json", "source.spm", "target.spm"})
        if (!(folder / name).exists()) missing += (missing.empty() ? "" : ", ") + std::string(name);
    if (missing.empty()) return;
    const bool other = (folder / "tokenizer.json").exists();
    throw Error(Status::bad_input, folder.text(), "lacks the tokenizer's files: " + missing,
                other ? "tokenizer.json is not read; take these from the model that it was made from"
                      : "a model folder is downloaded whole");
}

Vocabulary open_vocabulary(const File& file) {
    Vocabulary vocabulary = Vocabulary::open(file);
    if (!vocabulary.find(end_piece)) throw Error(Status::bad_input, file.text(), "has no </s>");
    return vocabulary;
}

}  // namespace

MarianTokenizer::MarianTokenizer()                                      = default;
MarianTokenizer::MarianTokenizer(MarianTokenizer&&) noexcept            = default;
MarianTokenizer& MarianTokenizer::operator=(MarianTokenizer&&) noexcept = default;
MarianTokenizer::~MarianTokenizer()                                     = default;

// What tokenizer_config.json says, as transformers does; where it says nothing, the file that is there.
bool MarianTokenizer::has_target_vocabulary(const Folder& folder) {
    const File config = folder / "tokenizer_config.json";
    if (config.exists()) {
        const Json json     = read_json(config);
        const auto separate = json.is_object() ? json.find("separate_vocabs") : json.end();
        if (separate != json.end() && separate->is_boolean()) return separate->get<bool>();
    }
    return (folder / "target_vocab.json").exists();
}

MarianTokenizer MarianTokenizer::open(const Folder& folder) {
    expect_files(folder);
    MarianTokenizer out;
    out.source_vocabulary_ = open_vocabulary(folder / "vocab.json");
    if (has_target_vocabulary(folder)) out.target_vocabulary_ = open_vocabulary(folder / "target_vocab.json");
    out.source_ = open_sentencepiece(folder / "source.spm");
    out.target_ = open_sentencepiece(folder / "target.spm");

    for (std::uint32_t id = 0; id < out.source_vocabulary_.size(); ++id)
        if (is_language_code(out.source_vocabulary_.piece(id)))
            out.languages_.emplace_back(out.source_vocabulary_.piece(id));
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
    for (const std::string& piece : model.pieces(text))
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
    return (language ? 1u : 0u) + source_->count(text) + 1u;
}

std::string MarianTokenizer::decode(std::span<const std::uint32_t> ids) const {
    std::vector<std::string> pieces;
    pieces.reserve(ids.size());
    for (const std::uint32_t id : ids) {
        const std::string_view piece = target_vocabulary().piece(id);
        if (piece != end_piece && piece != pad_piece && !piece.empty()) pieces.emplace_back(piece);
    }
    std::string text = target_->join(pieces);

    // A piece that target.spm does not know comes back as it is, with its mark for a space.
    static constexpr std::string_view space_mark = "\xE2\x96\x81";
    for (std::size_t at = 0; (at = text.find(space_mark, at)) != std::string::npos; ++at)
        text.replace(at, space_mark.size(), " ");
    return std::string(trimmed(text));
}

}  // namespace attune
