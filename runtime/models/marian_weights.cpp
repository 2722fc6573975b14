#include "models/marian_weights.h"

#include <attune/error.hpp>

#include <cmath>

namespace attune::marian {

namespace weight_names {

std::string source_table(const MarianConfig& config) {
    return config.share_encoder_decoder_embeddings ? "model.shared.weight" : "model.encoder.embed_tokens.weight";
}
std::string target_table(const MarianConfig& config) {
    return config.share_encoder_decoder_embeddings ? "model.shared.weight" : "model.decoder.embed_tokens.weight";
}
std::string output_table(const MarianConfig& config) {
    return config.tie_word_embeddings ? target_table(config) : "lm_head.weight";
}

}  // namespace weight_names

Tensor sinusoids(std::uint64_t positions, std::uint64_t width) {
    Tensor              table({Type::f32, {positions, width}});
    const auto          values = table.as<float>();
    const std::uint64_t half   = (width + 1) / 2;
    for (std::uint64_t p = 0; p < positions; ++p) {
        for (std::uint64_t j = 0; j < width; ++j) {
            // Column j of an interleaved table, sines moved to the front: exponent 2 (j / 2) / d there.
            const std::uint64_t pair  = j < half ? j : j - half;
            const double        angle = static_cast<double>(p) /
                                 std::pow(10000.0, 2.0 * static_cast<double>(pair) / static_cast<double>(width));
            values[p * width + j] = static_cast<float>(j < half ? std::sin(angle) : std::cos(angle));
        }
    }
    return table;
}

MarianWeights::MarianWeights(std::unique_ptr<Checkpoint> checkpoint, const MarianConfig& config)
    : checkpoint_(std::move(checkpoint)) {
    computed_.set(weight_names::positions, sinusoids(config.max_position_embeddings, config.d_model));
    // [1, V] in the file; some folders leave it out.
    Tensor bias({Type::f32, {config.decoder_vocab_size}});
    if (const TensorDesc* stored = checkpoint_->find("final_logits_bias")) {
        if (stored->elements() != config.decoder_vocab_size)
            throw Error(Status::bad_input, "final_logits_bias",
                        "has shape " + stored->shape.text() + ", the vocabulary has " +
                            std::to_string(config.decoder_vocab_size) + " tokens");
        bias = Tensor::from_doubles(bias.desc(), checkpoint_->at("final_logits_bias").doubles());
    }
    computed_.set(weight_names::output_bias, std::move(bias));
    for (const std::string& table :
         {weight_names::source_table(config), weight_names::target_table(config), weight_names::output_table(config)})
        if (!find(table)) throw Error(Status::bad_input, table, "is missing from the model");
}

std::string MarianWeights::stored_name(const std::string& name) const {
    // Tied tables: a file may keep any one of these, and the others are the same.
    static const std::vector<std::string> tied = {"model.shared.weight", "model.encoder.embed_tokens.weight",
                                                  "model.decoder.embed_tokens.weight", "lm_head.weight"};
    if (checkpoint_->find(name)) return name;
    if (name == tied[0])
        for (const std::string& other : tied)
            if (checkpoint_->find(other)) return other;
    if (name == tied[3] && checkpoint_->find(tied[2])) return tied[2];
    return name;
}

const TensorDesc* MarianWeights::find(const std::string& name) const {
    const TensorDesc* computed = computed_.find(name);
    return computed ? computed : checkpoint_->find(stored_name(name));
}

TensorView MarianWeights::at(const std::string& name) {
    return computed_.find(name) ? computed_.at(name) : checkpoint_->at(stored_name(name));
}

}  // namespace attune::marian
