// Marian's own model files: .bin of version 1 and .npz, which their bytes tell apart; each as it is, or compressed
// by gzip or zstd.
//
// A tensor is as its bytes lie in the file, row by row:
//   float32   [in, out] for a matrix, [1, n] for a bias, [vocabulary, width] for an embedding table
//   intgemm8  i8 with one scale. Marian keeps these matrices transposed without saying so in their shape; here they
//             are [out, in], which is what the bytes are. Tables, whose names hold "Wemb", are as their shape says.
// Elements of other types (float16, packed8avx2, what intgemm prepared for one kind of processor, ...) are listed,
// but not read; so is NAME_QuantMultA where it is not float32: some files have one for Wemb that means nothing.
#pragma once

#include "formats/checkpoint.h"

#include <memory>
#include <string>

namespace attune {

class MarianFile : public Checkpoint {
public:
    // The item special:model.yml: how the model is built, as YAML (yaml_settings.h). At most 64 KiB; not among
    // the tensors.
    virtual const std::string& settings_text() const = 0;
};

// Everything but the numbers themselves is checked here; a file of over 4 GiB, unpacked, is not read. Throws
// bad_input naming file, tensor and reason, also where there is no special:model.yml.
std::unique_ptr<MarianFile> open_marian_file(const File& file);

}  // namespace attune
