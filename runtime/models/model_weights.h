// The weights of a model under the names that its graphs use: what the files hold, what they leave out because it is
// tied, and what is computed.
#pragma once

#include "formats/checkpoint.h"
#include "models/marian_config.h"

#include <attune/graph.hpp>

#include <span>

namespace attune::marian {

// Weights that are computed.
namespace weight_names {
inline constexpr const char* positions   = "positions";    // [P, d] sinusoids
inline constexpr const char* output_bias = "output_bias";  // [V]
inline constexpr const char* no_bias     = "no_bias";      // [d] zeros, of a projection beside one that has a bias
}  // namespace weight_names

class ModelWeights : public WeightSource {
public:
    // Throws bad_input naming the first weight of the graphs that is missing, cannot be read, or has another
    // shape than they say.
    void expect(std::span<const Graph> graphs) const;

    // Which tensors are the embedding tables.
    const MarianConfig::Tables& tables() const noexcept { return tables_; }
    virtual const Checkpoint&   checkpoint() const noexcept = 0;

    // Tensors of the files that no weight is made of, by reason.
    struct Unused {
        std::string              reason;  // "positions are computed"
        std::vector<std::string> names;
    };
    std::vector<Unused> unused(std::span<const Graph> graphs) const;

    const TensorDesc* find(const std::string& name) const final;
    TensorView        at(const std::string& name) final;

protected:
    // `settings` names what the configuration was read from.
    explicit ModelWeights(std::string settings) : settings_(std::move(settings)) {}

    // Throws bad_input unless tables_ are there with the configuration's shapes, and for a table of positions of more
    // than 64 MiB: before anything of such a size is made.
    void expect_tables(const MarianConfig& config) const;

    // Throws bad_input unless the tensor is there and has this shape.
    void expect_shape(const std::string& name, const Shape& shape) const;

    // A bias of the vocabulary, stored with any axes of 1; zeros where the file has none. Throws bad_input for another
    // number of elements.
    Tensor bias_or_zeros(const std::string& name, std::uint64_t elements);

    // A tensor as graphs want it; nullptr if the files have none, or none that can be read.
    virtual const TensorDesc* find_stored(const std::string& name) const = 0;
    virtual TensorView        stored(const std::string& name)            = 0;

    // Throws bad_input for a tensor that find_stored() does not know.
    [[noreturn]] virtual void refuse_missing(const std::string& name) const = 0;

    // Nothing if it is used though no graph names it.
    virtual std::optional<std::string> why_unused(const Checkpoint::Entry& entry) const = 0;

    MarianConfig::Tables tables_;
    WeightMap            computed_;

private:
    std::string settings_;
};

}  // namespace attune::marian
