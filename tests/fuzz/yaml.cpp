// Marian's settings.
#include "fuzz/fuzz.h"

ATTUNE_FUZZ_TARGET(yaml) { attune::test::open_as(attune::test::format("yaml"), bytes); }
