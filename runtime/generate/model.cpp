#include "generate/model.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune {
namespace {

search::EarlyStopping early_stopping(EarlyStopping value) { return static_cast<search::EarlyStopping>(value); }

}  // namespace

Model::Model(const Device* device, const std::filesystem::path& folder, const TranslatorOptions& options)
    : options_(options), config_(read_marian_config(folder)), generation_(read_generation_config(folder, config_)),
      tokenizer_(MarianTokenizer::open(folder)), weights_(open_checkpoint(folder), config_) {
    const auto expect_size = [&](const Vocabulary& vocabulary, std::uint64_t size, const char* side) {
        if (vocabulary.size() != size)
            throw Error(Status::bad_input, folder.string(),
                        std::string("the ") + side + " vocabulary has " + std::to_string(vocabulary.size()) +
                            " entries, config.json says " + std::to_string(size));
    };
    expect_size(tokenizer_.source_vocabulary(), config_.vocab_size, "source");
    expect_size(tokenizer_.target_vocabulary(), config_.decoder_vocab_size, "target");
    if (options.precision == Precision::f16 && (config_.d_model / config_.encoder_attention_heads % 2 ||
                                                config_.d_model / config_.decoder_attention_heads % 2))
        throw Error(Status::bad_input, folder.string(), "has an odd head size, which f16 cannot store", "use f32");
    if (!device) return;
    device_.emplace(device->share());
    device_weights_.emplace(*device_, weights_, graphs(), run_options());
}

std::vector<Graph> Model::graphs() const {
    const marian::Capacity capacity{.memory_tokens = 1, .rows = 1};
    std::vector<Graph>     graphs;
    graphs.push_back(marian::encoder(config_, capacity, {.tokens = 1, .blocks = 1}));
    graphs.push_back(marian::decoder_step(config_, capacity, {.rows = 1, .capacity = 1}));
    return graphs;
}

std::unique_ptr<Runner> Model::new_runner() {
    return device_ ? make_device_runner(*device_, *device_weights_) : make_oracle_runner(weights_);
}

search::SearchOptions Model::search_options(const TranslateOptions& options) const {
    search::SearchOptions result;
    result.beam_size      = options.beam_size.value_or(generation_.num_beams);
    result.num_hypotheses = options.num_hypotheses;
    result.length_penalty = options.length_penalty.value_or(generation_.length_penalty);
    result.early_stopping = early_stopping(generation_.early_stopping);
    // transformers counts the start token in max_length and min_length; its own default is 20.
    const std::uint32_t total  = generation_.max_length.value_or(20);
    const std::uint32_t length = generation_.max_new_tokens.value_or(total > 1 ? total - 1 : 1);
    const auto          most   = static_cast<std::uint32_t>(config_.max_position_embeddings);
    if (options.max_length && *options.max_length > most)
        throw Error(Status::usage, "max_length",
                    std::to_string(*options.max_length) + " is beyond the model's " + std::to_string(most) +
                        " positions");
    result.max_length = std::min(options.max_length.value_or(length), most);
    result.min_length = std::min(
        options.min_length.value_or(generation_.min_length > 0 ? generation_.min_length - 1 : 0), result.max_length);
    result.no_repeat_ngram = options.no_repeat_ngram.value_or(generation_.no_repeat_ngram_size);
    result.start_token     = generation_.decoder_start_token_id;
    result.end_tokens      = generation_.eos_token_ids;
    result.bad_words       = generation_.bad_words_ids;
    result.forced_first    = generation_.forced_bos_token_id;
    if (!generation_.forced_eos_token_ids.empty()) result.forced_last = generation_.forced_eos_token_ids.front();
    if (generation_.repetition_penalty != 1)
        throw Error(Status::bad_input, "generation_config.json",
                    "asks for a repetition penalty, which is not supported", "remove repetition_penalty");
    search::check(result);
    if (search::candidates_per_row(result) > 64)
        throw Error(Status::usage, "beam_size",
                    std::to_string(result.beam_size) + " needs more than 64 candidates per row", "use at most 32");
    return result;
}

}  // namespace attune
