// The weights of a MarianMT folder under the names that its graphs use: what the file holds, what it
// leaves out because it is tied, and what is computed (sinusoids).
#pragma once

#include "formats/checkpoint.h"
#include "models/marian_config.h"

#include <attune/graph.hpp>

#include <span>

namespace attune::marian {

namespace weight_names {
inline constexpr const char* positions   = "positions";    // [P, d] sinusoids
inline constexpr const char* output_bias = "output_bias";  // [V]
}  // namespace weight_names

// sin(p * 10000^(-j/(d/2))) for j < d/2, then all cosines: not interleaved.
Tensor sinusoids(std::uint64_t positions, std::uint64_t width);

// Which tensors of the checkpoint are the embedding tables, as transformers 5.23 ties them
// (PreTrainedModel.tie_weights): a table that the configuration ties is the one that the file has, under
// whatever name; one that is there with other numbers stays its own (4.57 ties it all the same); nothing is
// tied if tie_word_embeddings is false, except to a model.shared.weight where the file has no other (4.57).
// Throws bad_input if one is missing, has another shape than the configuration says, or cannot be read.
MarianConfig::Tables find_tables(const Checkpoint& checkpoint, const MarianConfig& config);

class MarianWeights final : public WeightSource {
public:
    // Throws bad_input for tables that do not fit the configuration, before anything of its size is made, and
    // for a table of positions above 64 MiB.
    MarianWeights(std::unique_ptr<Checkpoint> checkpoint, const MarianConfig& config);

    // Throws bad_input naming the first weight of the graphs that is missing, cannot be read, or has another
    // shape than they say.
    void expect(std::span<const Graph> graphs) const;

    const TensorDesc* find(const std::string& name) const override;
    TensorView        at(const std::string& name) override;

    const MarianConfig::Tables& tables() const noexcept { return tables_; }
    const Checkpoint&           checkpoint() const noexcept { return *checkpoint_; }

private:
    std::unique_ptr<Checkpoint> checkpoint_;
    MarianConfig::Tables        tables_;
    WeightMap                   computed_;
};

// Tensors of the file that no weight is made of, by reason.
struct UnusedTensors {
    std::string              reason;  // "positions, which are computed"
    std::vector<std::string> names;
};
std::vector<UnusedTensors> unused_tensors(const MarianWeights& weights, std::span<const Graph> graphs);

}  // namespace attune::marian
