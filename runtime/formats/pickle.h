// Pickles as torch.save writes them (protocol 2), read by a stack machine over plain values, storages
// and tensors. Nothing is ever imported or called: a pickle can name three functions of torch's, and
// these are recognised, not run; every other name and opcode is an error.
// (CPython Lib/pickletools.py for the opcodes, torch/_weights_only_unpickler.py for the names)
#pragma once

#include "formats/stored_tensor.h"

namespace attune {

// Numbers kept elsewhere: in a zip archive the file `data/KEY`.
struct PickledStorage {
    StoredType       type;
    std::string_view key;        // points into the pickle
    std::uint64_t    count = 0;  // of elements
};

// Offset, sizes and strides are in elements and were not yet compared with the storage.
struct PickledTensor {
    PickledStorage             storage;
    std::uint64_t              offset = 0;
    std::vector<std::uint64_t> sizes;    // at most 8
    std::vector<std::uint64_t> strides;  // as many as sizes
};

// The dictionary name -> tensor that is all the pickle holds. `bytes` must outlive the result.
// Memory stays below 100 MiB whatever the pickle says, and takes a few for real models.
// Throws bad_input `[where] the pickle at byte N: ...`.
std::map<std::string, PickledTensor> read_state_dict(std::span<const std::byte> bytes, const std::string& where);

}  // namespace attune
