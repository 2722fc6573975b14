// vocab.json, and a tokenizer made with it.
#include "fuzz/fuzz.h"

ATTUNE_FUZZ_TARGET(vocabulary) { attune::test::open_as(attune::test::format("vocabulary"), bytes); }
