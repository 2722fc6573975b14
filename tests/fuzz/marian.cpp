// Marian's .bin and .npz, which the first bytes tell apart, and either of them compressed.
#include "fuzz/fuzz.h"

ATTUNE_FUZZ_TARGET(marian) { attune::test::open_as(attune::test::format("marian bin"), bytes); }
