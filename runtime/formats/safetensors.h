// Safetensors: u64 length of a header, the header as JSON (name -> dtype, shape, data_offsets), the data.
// (https://github.com/huggingface/safetensors, README "Format")
#pragma once

#include "formats/stored_tensor.h"

namespace attune {

// The tensors of a file whose bytes are `bytes`, which must stay mapped while they are used.
// Checked: header at most 16 MiB, names, dtypes, shapes, and that the tensors fill the data from its
// first to its last byte without gap or overlap. Throws bad_input `[where] ...`.
StoredTensors read_safetensors(std::span<const std::byte> bytes, const std::string& where);

}  // namespace attune
