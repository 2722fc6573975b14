// The pickle alone, in a sound archive: the directory around it would refuse nearly all changes.
#include "fuzz/fuzz.h"

#include "support/zip_writer.h"

using namespace attune::test;

ATTUNE_FUZZ_TARGET(pickle) {
    open_as(format("torch"), zip_bytes({{.name = "a/data.pkl", .content = std::string(bytes)},
                                        {.name = "a/data/0", .content = std::string(24, '\1')}}));
}
