// Pickles as torch.save writes them (protocol 2), read by a stack machine over plain values, storages
// and tensors. Nothing is ever imported or called: a pickle can name three functions of torch's, and
// these are recognised, not run; every other name and opcode is an error.
// (CPython Lib/pickletools.py for the opcodes, torch/_weights_only_unpickler.py for the names)
//
// Each function reads one pickle from where the reader stands and leaves it behind the pickle, at most
// 16 MiB further; what is returned points into the reader's bytes. Memory stays below 48 MiB whatever the
// pickle says, and takes a few for real models. They throw bad_input `[where] the pickle at byte N: ...`.
#pragma once

#include "formats/byte_reader.h"
#include "formats/stored_tensor.h"

namespace attune {

// Numbers kept elsewhere: in a zip archive the file `data/KEY`, in a stream of old behind all pickles.
struct PickledStorage {
    StoredType       type;
    std::string_view key;
    std::uint64_t    count = 0;  // of elements
};

// Offset, sizes and strides are in elements and were not yet compared with the storage.
struct PickledTensor {
    PickledStorage             storage;
    std::uint64_t              offset = 0;
    std::vector<std::uint64_t> sizes;    // at most 8
    std::vector<std::uint64_t> strides;  // as many as sizes
};

using PickledTensors = std::map<std::string_view, PickledTensor>;

// A dictionary name -> tensor; at most 65,536 of them.
PickledTensors read_state_dict(ByteReader& reader);

// A list of texts.
std::vector<std::string_view> read_texts(ByteReader& reader);

// What a dictionary says under `key`: true, false, or nothing of the kind.
std::optional<bool> read_flag(ByteReader& reader, std::string_view key);

}  // namespace attune
