// A model of the usual size whose weights are random numbers: it translates nothing, and costs what a trained one does.
#pragma once

#include <attune/model_source.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace attune::bench {

// Transformer-base (Vaswani et al. 2017), as MarianMT has it.
struct GeneratedSizes {
    std::uint64_t layers = 6, width = 512, heads = 8, inner = 2048;  // of the encoder, and of the decoder
    std::uint64_t vocabulary = 58000;                                // at least that of the tokenizer
};

// The files of such a model, in memory: tensors from a fixed seed, f16. The tokenizer is that of another model's folder,
// whose vocabulary is filled up with words that no text has.
class GeneratedModel {
public:
    // Throws bad_input for a folder without a tokenizer, or one with more words than the vocabulary.
    explicit GeneratedModel(const std::filesystem::path& tokenizer, const GeneratedSizes& sizes = {});

    // Points into this.
    ModelSource source() const;

private:
    std::map<std::string, std::string> files_;  // by name
};

}  // namespace attune::bench
