// The weights of a model in Marian's own files. Graphs want matrices [out, in]; floats are stored [in, out] and are
// turned round when they are read, 8-bit ones lie as they are wanted.
#pragma once

#include "formats/marian_file.h"
#include "models/model_weights.h"

namespace attune::marian {

// sin(p * 10000^(-j/(d/2 - 1))) for j < d/2, then all cosines. `width` is at least 4.
Tensor native_sinusoids(std::uint64_t positions, std::uint64_t width);

class NativeWeights final : public ModelWeights {
public:
    // Throws bad_input for tables that are missing, or have another shape than the configuration says.
    NativeWeights(std::unique_ptr<MarianFile> file, const MarianConfig& config);

    const Checkpoint& checkpoint() const noexcept override { return *file_; }

    // Names of the matrices that are stored as 8-bit numbers.
    std::set<std::string> int8() const;

private:
    const TensorDesc*          find_stored(const std::string& name) const override;
    TensorView                 stored(const std::string& name) override;
    [[noreturn]] void          refuse_missing(const std::string& name) const override;
    std::optional<std::string> why_unused(const Checkpoint::Entry& entry) const override;

    std::unique_ptr<MarianFile>       file_;
    std::map<std::string, TensorDesc> wanted_;  // as graphs see them
    Tensor                            turned_;  // the last matrix that was turned round
};

}  // namespace attune::marian
