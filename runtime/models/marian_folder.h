// A folder with a model in Marian's own files, as Mozilla's and Bergamot's translation models come: which files it
// has, and what its settings say.
//
//     model*.bin, model*.npz            weights and the settings of training (formats/marian_file.h)
//     vocab*.spm                        the vocabulary of both sides; or srcvocab*.spm and trgvocab*.spm
//     lex*.bin                          lexical shortlist; optional
//     config*.yml, decoder*.yml         settings of translation, which may name the files; optional
//
// Each may be compressed: with .gz or .zst behind its name.
#pragma once

#include "formats/yaml_settings.h"
#include "models/marian_config.h"

#include <optional>
#include <string>
#include <vector>

namespace attune {

struct MarianFolder {
    File                        model;
    File                        source_vocabulary, target_vocabulary;  // of the same name if they share one
    std::optional<File>         shortlist;
    std::optional<File>         settings;     // of translation
    std::optional<YamlSettings> translation;  // what they say
    std::vector<std::string>    others;       // names of files that are not used
};

// Whether a folder is of this kind: no config.json, and a model*.bin or model*.npz.
bool is_marian_folder(const Folder& folder);

// Throws bad_input for a folder without a model or a vocabulary, or with several that no settings choose from.
MarianFolder find_marian_files(const Folder& folder);

// From the settings of training, the text of special:model.yml, which `where` names. Throws bad_input naming the key
// of whatever is not supported.
MarianConfig read_marian_model_settings(const std::string& text, const std::string& where);

// From the settings of translation, where there are any. Marian's own defaults, but greedy and normalised by length
// as the models are used. Tokens that end a sentence or stand for the unknown are the vocabulary's.
struct MarianTokens {
    std::uint32_t end = 0, unknown = 1;
};
GenerationConfig read_marian_generation(const MarianFolder& folder, const MarianConfig& model,
                                        const MarianTokens& tokens);

}  // namespace attune
