// What a build without SentencePiece says. The file that says it is not in this build, so it comes in here
// under another name.
#define open_sentencepiece open_absent_sentencepiece
#define make_sentencepiece make_absent_sentencepiece
#include "../../runtime/text/sentencepiece_absent.cpp"

#include "support/expect_error.h"

using namespace attune;

TEST_CASE("a build without SentencePiece refuses models by name") {
    test::expect_error(Status::bad_input, {"folder/source.spm", "reads no SentencePiece models", "ATTUNE_SENTENCEPIECE"},
                       [] { open_absent_sentencepiece("folder/source.spm"); });
}
