// pytorch_model.bin as a whole: the zip archive, its directory, the pickle in it.
#include "fuzz/fuzz.h"

ATTUNE_FUZZ_TARGET(torch) { attune::test::open_as(attune::test::format("torch"), bytes); }
