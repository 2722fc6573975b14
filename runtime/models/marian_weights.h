// The weights of a MarianMT folder of Hugging Face.
#pragma once

#include "models/model_weights.h"

namespace attune::marian {

// sin(p * 10000^(-j/(d/2))) for j < d/2, then all cosines: not interleaved.
Tensor sinusoids(std::uint64_t positions, std::uint64_t width);

// The tables are what transformers 5.23 ties (PreTrainedModel.tie_weights): a table that the configuration ties is
// the one that the file has, under whatever name; one that is there with other numbers stays its own (4.57 ties it
// all the same); nothing is tied if tie_word_embeddings is false, except to a model.shared.weight where the file has
// no other (4.57).
class MarianWeights final : public ModelWeights {
public:
    // Throws bad_input for tables that are missing, have another shape than the configuration says or cannot be read,
    // before anything of its size is made.
    MarianWeights(std::unique_ptr<Checkpoint> checkpoint, const MarianConfig& config);

    const Checkpoint& checkpoint() const noexcept override { return *checkpoint_; }

private:
    const TensorDesc*          find_stored(const std::string& name) const override { return checkpoint_->find(name); }
    TensorView                 stored(const std::string& name) override { return checkpoint_->at(name); }
    [[noreturn]] void          refuse_missing(const std::string& name) const override;
    std::optional<std::string> why_unused(const Checkpoint::Entry& entry) const override;

    std::unique_ptr<Checkpoint> checkpoint_;
};

}  // namespace attune::marian
