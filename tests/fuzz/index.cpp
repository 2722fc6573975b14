// model.safetensors.index.json, whose shard is sound.
#include "fuzz/fuzz.h"

ATTUNE_FUZZ_TARGET(index) { attune::test::open_as(attune::test::format("shards"), bytes); }
