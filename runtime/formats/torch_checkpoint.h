// pytorch_model.bin: what torch.save writes since 1.6, a zip archive with a pickle of the state
// dictionary (*/data.pkl) and one file of numbers per storage (*/data/KEY); or the stream that it wrote
// before (torch_legacy.h).
#pragma once

#include "formats/stored_tensor.h"

namespace attune {

// The tensors of a file whose bytes are `bytes`, which must stay mapped while they are used. Tensors may
// share a storage; those that are not row-major have strides. Throws bad_input `[where] ...`.
StoredTensors read_torch_checkpoint(std::span<const std::byte> bytes, const std::string& where);

}  // namespace attune
