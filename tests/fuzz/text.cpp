// Any bytes, through the shipped tokenizer and back: cleaned, split, encoded, decoded.
#include "fuzz/fuzz.h"

#include "base/utf8.h"
#include "text/marian_tokenizer.h"
#include "text/sentence_split.h"
#include "text/utf8.h"

#include <algorithm>

using namespace attune;
using namespace attune::test;

namespace {

using Ids = std::vector<std::uint32_t>;

const MarianTokenizer& tokenizer() {
    static const MarianTokenizer shipped =
        MarianTokenizer::open(ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es");
    return shipped;
}

// Views of `whole` from its first byte to its last.
void expect_nothing_lost(std::string_view whole, const SplitText& split) {
    std::string joined(split.leading);
    for (const TextPart& part : split.parts) joined.append(part.text).append(part.gap);
    must(joined == whole, "splitting lost something");
    for (const TextPart& part : split.parts) must(!trimmed(part.text).empty(), "a part is blank");
}

void expect_no_specials(Ids ids, std::string_view text) {
    const Vocabulary& vocabulary = tokenizer().source_vocabulary();
    must(ids.size() == tokenizer().count(text), "count and encode disagree");
    must(!ids.empty() && vocabulary.piece(ids.back()) == "</s>", "no end");
    ids.pop_back();
    const bool has_language = !ids.empty() && vocabulary.piece(ids.front()).starts_with(">>");
    must(!has_language || text.starts_with(vocabulary.piece(ids.front())), "a language that was not asked for");
    for (const std::uint32_t id : std::span(ids).subspan(has_language ? 1 : 0)) {
        const std::string_view piece = vocabulary.piece(id);
        const bool             code  = std::ranges::count(tokenizer().languages(), piece) != 0;
        must(piece != "</s>" && piece != "<pad>" && !code, "text became a special token");
    }
}

// Words that the shipped model writes as they are.
void expect_round_trip(std::string_view bytes) {
    static constexpr std::string_view words[] = {"the",  "house", "of",    "a",   "train", "I",   "am",   "Haus,",
                                                 "gut.", "où",    "école", "¿qué", "niño",  "Zug", "1984", "Straße?"};
    std::string text;
    for (const char byte : bytes.substr(0, 64))
        text += (text.empty() ? "" : " ") + std::string(words[static_cast<unsigned char>(byte) % std::size(words)]);
    const Ids ids = tokenizer().encode_target(text);
    must(tokenizer().decode(ids) == text, "words did not come back");
}

// The bytes as ids, in pairs.
void expect_utf8_of_any_ids(std::string_view bytes) {
    const std::size_t count = tokenizer().target_vocabulary().size();
    Ids               ids;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        ids.push_back(static_cast<std::uint32_t>(
            (static_cast<unsigned char>(bytes[i]) * 256u + static_cast<unsigned char>(bytes[i + 1])) % count));
    const std::string text = tokenizer().decode(ids);
    must(is_utf8(text) && trimmed(text).size() == text.size(), "decode gave no trimmed UTF-8");
}

}   // namespace

ATTUNE_FUZZ_TARGET(text) {
    const CleanText clean = clean_text(bytes);
    must(is_utf8(clean.text) && clean.text.find('\0') == std::string::npos, "clean text is not clean");
    must((clean.replaced == 0) == (clean.text == bytes), "repairs are miscounted");
    must(clean_text(clean.text).replaced == 0, "clean text is cleaned again");

    const auto  count = [](std::string_view part) { return tokenizer().count(part); };
    std::size_t limit = 4 + (bytes.empty() ? 0 : static_cast<unsigned char>(bytes[0]) % 60);
    for (const std::string_view text : {std::string_view(clean.text), bytes}) {
        const SplitText split = split_long(text, limit, count);
        expect_nothing_lost(text, split);
        for (const TextPart& part : split.parts)
            must(count(part.text) <= limit || first_code_point(part.text).length == part.text.size(),
                 "a part is too long");
    }
    const Ids ids = tokenizer().encode(clean.text);
    expect_no_specials(ids, clean.text);
    tokenizer().encode(bytes);   // not repaired: SentencePiece has its own way
    must(is_utf8(tokenizer().decode(tokenizer().encode_target(clean.text))), "decode gave no UTF-8");
    expect_utf8_of_any_ids(bytes);
    expect_round_trip(bytes);
}
