#include "models/marian_weights.h"

#include <attune/error.hpp>

#include <cmath>

namespace attune::marian {
namespace {

constexpr const char* shared_table = "model.shared.weight";
constexpr const char* source_table = "model.encoder.embed_tokens.weight";
constexpr const char* target_table = "model.decoder.embed_tokens.weight";
constexpr const char* head_table   = "lm_head.weight";
constexpr const char* stored_bias  = "final_logits_bias";  // [1, V]; some folders leave it out

bool is_table(const std::string& name) {
    return name == shared_table || name == source_table || name == target_table || name == head_table;
}

// The first of the names that the file has; the first of all if it has none.
const char* one_of(const Checkpoint& checkpoint, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (checkpoint.find(name)) return name;
    return *names.begin();
}

// `name` if the file has it with numbers of its own, else `base`.
std::string own_or(const Checkpoint& checkpoint, const char* name, const std::string& base) {
    const bool own = checkpoint.find(name) && checkpoint.find(base) && !checkpoint.same(name, base);
    return own ? name : base;
}

MarianConfig::Tables choose_tables(const Checkpoint& file, const MarianConfig& config) {
    const bool tied = config.tie_word_embeddings;
    if (config.share_encoder_decoder_embeddings && tied) {
        const std::string base = one_of(file, {shared_table, head_table, target_table, source_table});
        return {own_or(file, source_table, base), own_or(file, target_table, base), own_or(file, head_table, base)};
    }
    if (config.share_encoder_decoder_embeddings) {
        const std::string source = one_of(file, {source_table, shared_table});
        const std::string target = one_of(file, {target_table, shared_table});
        return {source, file.find(target) ? own_or(file, target.c_str(), source) : target, head_table};
    }
    const std::string target = tied ? one_of(file, {target_table, head_table}) : target_table;
    return {source_table, target, tied ? own_or(file, head_table, target) : head_table};
}

}  // namespace

Tensor sinusoids(std::uint64_t positions, std::uint64_t width) {
    Tensor              table({Type::f32, {positions, width}});
    const auto          values = table.as<float>();
    const std::uint64_t half   = (width + 1) / 2;
    for (std::uint64_t j = 0; j < width; ++j) {
        // Column j of an interleaved table, sines moved to the front: exponent 2 (j / 2) / d there.
        const std::uint64_t pair   = j < half ? j : j - half;
        const double        period = std::pow(10000.0, 2.0 * static_cast<double>(pair) / static_cast<double>(width));
        for (std::uint64_t p = 0; p < positions; ++p) {
            const double angle    = static_cast<double>(p) / period;
            values[p * width + j] = static_cast<float>(j < half ? std::sin(angle) : std::cos(angle));
        }
    }
    return table;
}

MarianWeights::MarianWeights(std::unique_ptr<Checkpoint> checkpoint, const MarianConfig& config)
    : ModelWeights("config.json"), checkpoint_(std::move(checkpoint)) {
    tables_ = choose_tables(*checkpoint_, config);
    expect_tables(config);
    computed_.set(weight_names::output_bias, bias_or_zeros(stored_bias, config.decoder_vocab_size));
    computed_.set(weight_names::positions, sinusoids(config.max_position_embeddings, config.d_model));
}

void MarianWeights::refuse_missing(const std::string& name) const {
    for (const Checkpoint::Entry& entry : checkpoint_->entries())
        if (entry.name == name)
            throw Error(Status::bad_input, name,
                        "has elements of type " + std::string(entry.type) + "; F32, F16 and BF16 are read",
                        "save the model once more as float32 or float16");
    const bool bare = name.starts_with("model.") && checkpoint_->find(name.substr(6));
    throw Error(Status::bad_input, name, "is missing from the model",
                bare ? "the file was saved from MarianModel; save a MarianMTModel" : "");
}

std::optional<std::string> MarianWeights::why_unused(const Checkpoint::Entry& entry) const {
    if (entry.name == stored_bias) return std::nullopt;
    if (entry.name.ends_with(".embed_positions.weight")) return "positions are computed";
    if (!entry.readable) return "type " + std::string(entry.type);
    if (!is_table(entry.name)) return "MarianMT has no such weight";
    const std::string& table = tables_.target;
    return checkpoint_->same(entry.name, table) ? "the same table as " + table : "config.json uses another table";
}

}  // namespace attune::marian
