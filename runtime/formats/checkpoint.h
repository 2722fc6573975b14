// The weights of a model folder, whatever files they are in.
#pragma once

#include "base/folder.h"

#include <attune/weights.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace attune {

// Tensors in files that stay open. `at` returns views into the files (at any address: copy numbers out, never
// cast), except for tensors that are not row-major there, of which it keeps one copy at a time.
class Checkpoint : public WeightSource {
public:
    // All tensors that can be read, by name in ascending order.
    virtual std::vector<std::pair<std::string, TensorDesc>> list() const = 0;

    // All tensors, those that cannot be read too.
    struct Entry {
        std::string      name;
        std::string_view type;  // as the file names it: "F32", "torch.LongStorage"
        Shape            shape;
        bool             readable = true;
    };
    virtual std::vector<Entry> entries() const = 0;

    // Whether two tensors, which both have to be here, are the same bit by bit. Reads them unless they share
    // their place in the file.
    virtual bool same(const std::string& a, const std::string& b) const = 0;

    // The files that are used, an index among them, without the folder.
    virtual const std::vector<std::string>& files() const = 0;
};

// Opens the first of these that the folder holds: model.safetensors, model.safetensors.index.json (with
// its shards), pytorch_model.bin, pytorch_model.bin.index.json. Everything but the numbers themselves
// is checked here. Throws bad_input naming file, tensor and reason.
//
// Tensors of types other than F32, F16 and BF16 may be in the files: find() does not know them, and
// at() says what they are. Weights of other frameworks are named in the error, with what to do.
std::unique_ptr<Checkpoint> open_checkpoint(const Folder& folder);

}  // namespace attune
