// What a folder says about its model and about generation. Of Hugging Face: config.json and generation_config.json
// as transformers 4 and 5 write them; what they mean is what transformers 5.23 makes of them, and where 4.57 differs,
// this is said. Of Marian's own folders see marian_folder.h.
#pragma once

#include "base/folder.h"
#include "models/weight_names.h"

#include <attune/ops.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace attune {

// What stands in the place of self-attention in a decoder layer: ssru is a recurrent unit (see attune::ssru).
enum class DecoderCell : std::uint8_t { self_attention, ssru };

// Defaults are those of transformers' MarianConfig for keys that are absent or null.
struct MarianConfig {
    std::uint64_t       vocab_size              = 58'101;  // of the source; of both sides if the embeddings are shared
    std::uint64_t       decoder_vocab_size      = 58'101;  // of the target: rows of the logits
    std::uint64_t       d_model                 = 1024;
    std::uint64_t       encoder_layers          = 12;
    std::uint64_t       decoder_layers          = 12;
    std::uint64_t       encoder_attention_heads = 16;
    std::uint64_t       decoder_attention_heads = 16;
    std::uint64_t       encoder_ffn_dim         = 4096;
    std::uint64_t       decoder_ffn_dim         = 4096;
    Activation          activation              = Activation::gelu;
    bool                scale_embedding         = false;  // embeddings are multiplied by sqrt(d_model)
    std::uint64_t       max_position_embeddings = 1024;
    bool                tie_word_embeddings     = true;           // the logits use the decoder's embedding table
    bool                share_encoder_decoder_embeddings = true;  // false: separate vocabularies and tables
    double              layer_norm_epsilon               = 1e-5;  // never in the file
    std::optional<Type> stored_type;                              // dtype or torch_dtype, if the file says so

    WeightNames              names                 = WeightNames::hugging_face;
    DecoderCell              decoder_cell          = DecoderCell::self_attention;
    std::vector<std::size_t> decoder_layer_weights = {};  // of each decoder layer: whose weights it has; none: its own
    bool                     first_head_aligns     = false;  // the alignment is what head 0 says, not the mean of all

    std::uint32_t                pad_token_id  = 58'100;
    std::vector<std::uint32_t>   eos_token_ids = {0};
    std::optional<std::uint32_t> bos_token_id;
    std::uint32_t                decoder_start_token_id = 58'100;  // decoder_vocab_size: a zero vector

    // Names of the matrices that the file holds as 8-bit numbers.
    std::set<std::string> int8;

    // The embedding tables among the weights. Which of them are one and the same only the file of weights
    // tells: MarianWeights::tables().
    struct Tables {
        std::string source = "model.shared.weight";
        std::string target = "model.shared.weight";
        std::string output = "model.shared.weight";
    } tables;
};

enum class EarlyStopping : std::uint8_t { no, yes, never };

// Lengths are transformers': counted in tokens of the target, the start token included in `max_length`
// and `min_length` but not in `max_new_tokens` and `min_new_tokens`, which win over them.
struct GenerationConfig {
    std::uint32_t                num_beams            = 1;
    std::uint32_t                num_return_sequences = 1;
    double                       length_penalty       = 1;
    EarlyStopping                early_stopping       = EarlyStopping::no;
    std::optional<std::uint32_t> max_length;  // none and no max_new_tokens: 20 new tokens
    std::optional<std::uint32_t> max_new_tokens;
    std::uint32_t                min_length = 0;  // no end token is chosen while there are fewer than this
    std::optional<std::uint32_t> min_new_tokens;
    std::uint32_t                no_repeat_ngram_size = 0;      // 0: any may repeat
    bool                         renormalize_logits   = false;  // log-softmax once more after the edits

    bool                  marian_rules = false;  // Marian's beam search (search/beam_step.h)
    double                word_penalty = 0;      // of it
    std::optional<double> max_length_factor;     // at most as many new tokens per source token, ends included

    std::vector<std::vector<std::uint32_t>> bad_words_ids;
    std::optional<std::uint32_t>            forced_bos_token_id;
    std::vector<std::uint32_t>              forced_eos_token_ids;  // at the length limit; empty: none
    std::vector<std::uint32_t>              eos_token_ids;         // any of them ends a sequence; empty: none does
    std::uint32_t                           decoder_start_token_id = 0;
    std::uint32_t                           pad_token_id           = 0;

    std::string file;  // that says all this
    // Settings that would change the result in a way that is not supported, such as "repetition_penalty 1.5".
    std::vector<std::string> unsupported;
};

// Throws bad_input `[file] key ...` for a model_type other than "marian", values of a wrong type and
// numbers out of range: widths, lengths up to 65,536, layers up to 1,024, ids below the vocabulary.
MarianConfig read_marian_config(const Folder& folder);

// The file that decides about generation: generation_config.json where there is one. Then nothing that
// config.json says about generation is looked at, end tokens included.
File generation_file(const Folder& folder);

GenerationConfig read_generation_config(const Folder& folder, const MarianConfig& model);

// Where a setting of generation came from, for people.
struct GenerationSetting {
    std::string key;
    std::string value;    // as JSON
    std::string file;     // "generation_config.json" or "config.json"
    std::string overrun;  // what config.json says, where generation_config.json has the word; "" if nothing else
};

// All settings of generation that are supported and that either file names, by key.
std::vector<GenerationSetting> generation_settings(const Folder& folder);

}  // namespace attune
