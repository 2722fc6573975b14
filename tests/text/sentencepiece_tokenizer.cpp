#include "text/sentencepiece_tokenizer.h"

#include "support/expect_error.h"
#include "text/tiny_spm.h"

#include <algorithm>

using namespace attune;
using test::expect_error;

namespace {

using Ids = std::vector<std::uint32_t>;

SentencePieceTokenizer tiny() { return {make_sentencepiece(test::TinySpm{}.bytes(), "tiny.spm"), nullptr}; }

}   // namespace

TEST_CASE("ids are SentencePiece's own, the end behind them") {
    const SentencePieceTokenizer tokenizer = tiny();
    CHECK(tokenizer.source_size() == 8);
    CHECK(tokenizer.target_size() == 8);
    CHECK(tokenizer.end() == 0);
    CHECK(tokenizer.unknown() == 1);
    CHECK(tokenizer.languages().empty());
    CHECK(tokenizer.encode("ab") == Ids{5, 0});
    CHECK(tokenizer.encode("ab b") == Ids{5, 2, 4, 0});
    CHECK(tokenizer.encode("") == Ids{0});
    CHECK(tokenizer.count("ab b") == 4);
    CHECK(tokenizer.encode("a?") == Ids{2, 3, 1, 0});
}

TEST_CASE("what somebody types never becomes a special token") {
    const Ids ids = tiny().encode("</s> ab");
    CHECK(std::count(ids.begin(), ids.end(), 0u) == 1);
    CHECK(ids.back() == 0);
}

TEST_CASE("ids to text: the end makes none, the unknown is visible") {
    const SentencePieceTokenizer tokenizer = tiny();
    CHECK(tokenizer.decode(Ids{5, 2, 4, 0}) == "ab b");
    CHECK(tokenizer.decode(Ids{2, 5}) == "ab");
    CHECK(tokenizer.decode(Ids{}) == "");
    CHECK(tokenizer.decode(Ids{5, 1}).find("\xE2\x81\x87") != std::string::npos);
    expect_error(Status::bad_input, {"8 is none of the 8", "tiny.spm"}, [&] { tokenizer.decode(Ids{8}); });
}

TEST_CASE("each side may have a vocabulary of its own") {
    test::TinySpm target;
    target.pieces = test::piece("<unk>", 0, 2) + test::piece("</s>", 0, 3) + test::piece("\xE2\x96\x81" "c");
    const SentencePieceTokenizer tokenizer(make_sentencepiece(test::TinySpm{}.bytes(), "source.spm"),
                                           make_sentencepiece(target.bytes(), "target.spm"));
    CHECK(tokenizer.source_size() == 8);
    CHECK(tokenizer.target_size() == 3);
    CHECK(tokenizer.end() == 1);
    CHECK(tokenizer.unknown() == 0);
    CHECK(tokenizer.encode("ab") == Ids{5, 0});
    CHECK(tokenizer.decode(Ids{2, 2, 1}) == "c c");
}

TEST_CASE("a vocabulary without an end token is refused") {
    test::TinySpm without;
    without.pieces = test::piece("<unk>", 0, 2) + test::piece("a");
    expect_error(Status::bad_input, {"bare.spm", "no end token"},
                 [&] { SentencePieceTokenizer(make_sentencepiece(without.bytes(), "bare.spm"), nullptr); });
}
