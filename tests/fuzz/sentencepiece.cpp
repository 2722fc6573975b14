// A SentencePiece model: our check, then the library opens it, encodes and decodes.
#include "fuzz/fuzz.h"

ATTUNE_FUZZ_TARGET(sentencepiece) { attune::test::open_as(attune::test::format("source pieces"), bytes); }
