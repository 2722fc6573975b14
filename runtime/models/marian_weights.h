// The weights of a MarianMT folder under the names that its graphs use: what the file holds, what it
// leaves out because it is tied, and what is computed (sinusoids).
#pragma once

#include "formats/checkpoint.h"
#include "models/marian_config.h"

namespace attune::marian {

namespace weight_names {
inline constexpr const char* positions   = "positions";    // [P, d] sinusoids
inline constexpr const char* output_bias = "output_bias";  // [V]
std::string                  source_table(const MarianConfig& config);
std::string                  target_table(const MarianConfig& config);
std::string                  output_table(const MarianConfig& config);
}  // namespace weight_names

// sin(p * 10000^(-j/(d/2))) for j < d/2, then all cosines: not interleaved.
Tensor sinusoids(std::uint64_t positions, std::uint64_t width);

class MarianWeights final : public WeightSource {
public:
    // Throws bad_input if the embedding tables or layers that the config promises are not there.
    MarianWeights(std::unique_ptr<Checkpoint> checkpoint, const MarianConfig& config);

    const TensorDesc* find(const std::string& name) const override;
    TensorView        at(const std::string& name) override;

    const Checkpoint& checkpoint() const noexcept { return *checkpoint_; }

private:
    // The name under which the file holds a tensor; tied tables go by several.
    std::string stored_name(const std::string& name) const;

    std::unique_ptr<Checkpoint> checkpoint_;
    WeightMap                   computed_;
};

}  // namespace attune::marian
