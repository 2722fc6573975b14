// pytorch_model.bin as torch.save wrote it before 1.6: one stream of pickles (a magic number, the version
// 1001, the machine that wrote it, the state dictionary, the keys of the storages in order), then for each
// key u64 number of elements and the elements.   (torch/serialization.py, _legacy_load)
#pragma once

#include "formats/stored_tensor.h"

namespace attune {

// Whether the bytes begin like such a stream.
bool is_torch_legacy(std::span<const std::byte> bytes) noexcept;

// The tensors of a file whose bytes are `bytes`, which must stay mapped while they are used.
// Throws bad_input `[where] ...`.
StoredTensors read_torch_legacy(std::span<const std::byte> bytes, const std::string& where);

}  // namespace attune
