// The header, and the tensors, of model.safetensors.
#include "fuzz/fuzz.h"

ATTUNE_FUZZ_TARGET(safetensors) { attune::test::open_as(attune::test::format("safetensors"), bytes); }
