// A shortlist behind magic and checksum, which are made right first: they would refuse nearly all changes.
#include "fuzz/fuzz.h"

#include "support/marian_writer.h"

using namespace attune::test;

ATTUNE_FUZZ_TARGET(shortlist) { open_as(format("shortlist"), with_checksum(bytes)); }
