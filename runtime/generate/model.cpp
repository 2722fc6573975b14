#include "generate/model.h"

#include "base/file.h"
#include "base/trace.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune {
namespace {

search::EarlyStopping early_stopping(EarlyStopping value) { return static_cast<search::EarlyStopping>(value); }

// New tokens, end included. transformers counts the start token in max_length; where it is not set, 20 tokens
// are made, and no more than there are positions, the start's included.
std::uint32_t greatest_length(const GenerationConfig& c, std::uint32_t positions) {
    if (c.max_new_tokens) return *c.max_new_tokens;
    const std::uint32_t total = c.max_length.value_or(std::min<std::uint32_t>(21, positions));
    return total > 1 ? total - 1 : 1;
}

// New tokens, end included. transformers chooses no end token while there are fewer tokens than min_length,
// the start counted and the end not; or, if it is set, fewer than min_new_tokens, neither counted.
std::uint32_t least_length(const GenerationConfig& c) {
    return c.min_new_tokens ? *c.min_new_tokens + 1 : c.min_length;
}

void refuse_unsupported(const GenerationConfig& c) {
    if (c.unsupported.empty()) return;
    std::string all;
    for (const std::string& setting : c.unsupported) all += (all.empty() ? "" : ", ") + setting;
    throw Error(Status::bad_input, c.file, "asks for what is not supported: " + all, "remove it from the file");
}

}  // namespace

std::vector<Graph> least_graphs(const MarianConfig& config, const std::filesystem::path& folder) try {
    const marian::Capacity capacity{.memory_tokens = 1, .rows = 1};
    std::vector<Graph>     graphs;
    graphs.push_back(marian::encoder(config, capacity, {.tokens = 1, .blocks = 1}));
    graphs.push_back(marian::decoder_step(config, capacity, {.rows = 1, .capacity = 1}));
    return graphs;
} catch (const Error& error) {
    throw Error(Status::bad_input, path_text(folder / "config.json"),
                std::string("describes a model that cannot be built: ") + error.what());
}

void expect_vocabularies(const MarianTokenizer& tokenizer, const MarianConfig& config,
                         const std::filesystem::path& folder) {
    const auto expect_size = [&](const Vocabulary& vocabulary, std::uint64_t size, const char* side) {
        if (vocabulary.size() != size)
            throw Error(Status::bad_input, path_text(folder),
                        std::string("the ") + side + " vocabulary has " + std::to_string(vocabulary.size()) +
                            " entries, config.json says " + std::to_string(size),
                        "weights and vocabulary belong to different models");
    };
    expect_size(tokenizer.source_vocabulary(), config.vocab_size, "source");
    expect_size(tokenizer.target_vocabulary(), config.decoder_vocab_size, "target");
}

Model::Model(const Device* device, const std::filesystem::path& folder, const TranslatorOptions& options)
    : folder_(folder), options_(options), config_(read_marian_config(folder)),
      generation_(read_generation_config(folder, config_)), tokenizer_(MarianTokenizer::open(folder)),
      weights_(open_checkpoint(folder), config_) {
    expect_vocabularies(tokenizer_, config_, folder);
    config_.tables                  = weights_.tables();
    const std::vector<Graph> graphs = least_graphs(config_, folder);
    weights_.expect(graphs);
    if (options.precision == Precision::f16 && (config_.d_model / config_.encoder_attention_heads % 2 ||
                                                config_.d_model / config_.decoder_attention_heads % 2))
        throw Error(Status::bad_input, path_text(folder), "has an odd head size, which f16 cannot store", "use f32");
    tell(options.trace, 2, "model", path_text(folder) + "\n" + architecture_text(config_) + architecture_text(generation_));
    if (!device) {
        tell(options.trace, 1, "device", "the oracle: double precision on the CPU");
        return;
    }
    device_.emplace(device->share());
    device_weights_.emplace(*device_, weights_, graphs, run_options());
}

std::unique_ptr<Runner> Model::new_runner() {
    return device_ ? make_device_runner(*device_, *device_weights_, times_) : make_oracle_runner(weights_);
}

search::SearchOptions Model::search_options(const TranslateOptions& options) const {
    refuse_unsupported(generation_);
    search::SearchOptions result;
    result.beam_size      = options.beam_size.value_or(generation_.num_beams);
    result.num_hypotheses = options.num_hypotheses;
    result.length_penalty = options.length_penalty.value_or(generation_.length_penalty);
    result.early_stopping = early_stopping(generation_.early_stopping);
    const auto most       = static_cast<std::uint32_t>(config_.max_position_embeddings);
    if (options.max_length && *options.max_length > most)
        throw Error(Status::usage, "max_length",
                    std::to_string(*options.max_length) + " is beyond the model's " + std::to_string(most) +
                        " positions");
    result.max_length      = std::min(options.max_length.value_or(greatest_length(generation_, most)), most);
    result.min_length      = std::min(options.min_length.value_or(least_length(generation_)), result.max_length);
    result.no_repeat_ngram = options.no_repeat_ngram.value_or(generation_.no_repeat_ngram_size);
    result.start_token     = generation_.decoder_start_token_id;
    result.end_tokens      = generation_.eos_token_ids;
    result.bad_words       = generation_.bad_words_ids;
    result.forced_first    = generation_.forced_bos_token_id;
    // Of several, all score 0: the lowest is the best candidate.
    if (const auto& forced = generation_.forced_eos_token_ids; !forced.empty())
        result.forced_last = *std::min_element(forced.begin(), forced.end());
    search::check(result);
    if (search::candidates_per_row(result) > 64)
        throw Error(options.beam_size ? Status::usage : Status::bad_input,
                    options.beam_size ? "beam_size" : generation_.file,
                    std::to_string(result.beam_size) + " beams need more than 64 candidates per row",
                    "use a beam size of at most 32");
    return result;
}

}  // namespace attune
