// What the files of a model folder hold, whichever kind of folder it is.
#pragma once

#include "models/marian_folder.h"
#include "models/model_weights.h"
#include "models/shortlist.h"
#include "text/sentencepiece_tokenizer.h"

#include <memory>
#include <optional>

namespace attune {

struct ModelFiles {
    MarianConfig                          config;
    GenerationConfig                      generation;
    std::unique_ptr<const Tokenizer>      tokenizer;
    std::unique_ptr<marian::ModelWeights> weights;    // none once a device has them
    std::optional<Shortlist>              shortlist;  // if it was asked for
};

enum class WithShortlist : std::uint8_t { no, yes };

// A folder of Hugging Face's MarianMT, or one of Marian's own files (models/marian_folder.h). Throws bad_input naming
// the file and the reason; for a folder without a shortlist if one is asked for.
ModelFiles open_model_files(const Folder& folder, WithShortlist with_shortlist);

// The vocabularies of Marian's own files, compressed or not; one for both sides where they are the same file.
std::unique_ptr<const SentencePieceTokenizer> open_marian_vocabularies(const MarianFolder& folder);

// Graphs that name every weight, for capacities of the least size. Throws bad_input naming the folder for a model that
// cannot be built.
std::vector<Graph> least_graphs(const MarianConfig& config, const Folder& folder);

// Throws bad_input unless both vocabularies have as many entries as the model's settings say.
void expect_vocabularies(const Tokenizer& tokenizer, const MarianConfig& config, const Folder& folder);

}  // namespace attune
