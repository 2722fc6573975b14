#include "models/marian_weights.h"

#include "base/checked.h"

#include <attune/error.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace attune::marian {
namespace {

constexpr const char* shared_table       = "model.shared.weight";
constexpr const char* source_table       = "model.encoder.embed_tokens.weight";
constexpr const char* target_table       = "model.decoder.embed_tokens.weight";
constexpr const char* head_table         = "lm_head.weight";
constexpr const char* stored_bias        = "final_logits_bias";  // [1, V]; some folders leave it out
constexpr std::size_t max_position_bytes = 64u << 20;

bool is_table(const std::string& name) {
    return name == shared_table || name == source_table || name == target_table || name == head_table;
}

// The tensor's description; throws bad_input if the file does not have it, or cannot read it.
const TensorDesc& require(const Checkpoint& checkpoint, const std::string& name) {
    if (const TensorDesc* desc = checkpoint.find(name)) return *desc;
    for (const Checkpoint::Entry& entry : checkpoint.entries())
        if (entry.name == name)
            throw Error(Status::bad_input, name,
                        "has elements of type " + std::string(entry.type) + "; F32, F16 and BF16 are read",
                        "save the model once more as float32 or float16");
    const bool bare = name.starts_with("model.") && checkpoint.find(name.substr(6));
    throw Error(Status::bad_input, name, "is missing from the model",
                bare ? "the file was saved from MarianModel; save a MarianMTModel" : "");
}

void expect_shape(const Checkpoint& checkpoint, const std::string& name, const Shape& shape) {
    const TensorDesc& desc = require(checkpoint, name);
    if (desc.shape != shape)
        throw Error(Status::bad_input, name,
                    "has shape " + desc.shape.text() + ", the model wants " + shape.text() + " as config.json says");
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

MarianConfig::Tables find_tables(const Checkpoint& checkpoint, const MarianConfig& config) {
    const MarianConfig::Tables tables = choose_tables(checkpoint, config);
    expect_shape(checkpoint, tables.source, {config.vocab_size, config.d_model});
    expect_shape(checkpoint, tables.target, {config.decoder_vocab_size, config.d_model});
    expect_shape(checkpoint, tables.output, {config.decoder_vocab_size, config.d_model});
    return tables;
}

MarianWeights::MarianWeights(std::unique_ptr<Checkpoint> checkpoint, const MarianConfig& config)
    : checkpoint_(std::move(checkpoint)), tables_(find_tables(*checkpoint_, config)) {
    const std::uint64_t bytes = config.max_position_embeddings * config.d_model * sizeof(float);  // at most 2^34
    if (bytes > max_position_bytes)
        throw Error(Status::bad_input, "config.json",
                    "asks for a table of positions of " + std::to_string(bytes >> 20) + " MiB, more than 64 MiB",
                    "lower max_position_embeddings");
    Tensor     bias({Type::f32, {config.decoder_vocab_size}});
    const auto entries = checkpoint_->entries();
    if (std::ranges::find(entries, stored_bias, &Checkpoint::Entry::name) != entries.end()) {
        const TensorDesc& stored = require(*checkpoint_, stored_bias);
        if (stored.elements() != config.decoder_vocab_size)
            throw Error(Status::bad_input, stored_bias,
                        "has shape " + stored.shape.text() + ", the vocabulary has " +
                            std::to_string(config.decoder_vocab_size) + " tokens");
        bias = Tensor::from_doubles(bias.desc(), checkpoint_->at(stored_bias).doubles());
    }
    computed_.set(weight_names::output_bias, std::move(bias));
    computed_.set(weight_names::positions, sinusoids(config.max_position_embeddings, config.d_model));
}

void MarianWeights::expect(std::span<const Graph> graphs) const {
    for (const Graph& graph : graphs)
        for (const ValueInfo& info : graph.values())
            if (info.kind == ValueKind::weight && !computed_.find(info.name))
                expect_shape(*checkpoint_, info.name, info.desc.shape);
}

const TensorDesc* MarianWeights::find(const std::string& name) const {
    const TensorDesc* computed = computed_.find(name);
    return computed ? computed : checkpoint_->find(name);
}

TensorView MarianWeights::at(const std::string& name) {
    return computed_.find(name) ? computed_.at(name) : checkpoint_->at(name);
}

std::vector<UnusedTensors> unused_tensors(const MarianWeights& weights, std::span<const Graph> graphs) {
    std::set<std::string> used = {stored_bias};
    for (const Graph& graph : graphs)
        for (const ValueInfo& info : graph.values())
            if (info.kind == ValueKind::weight) used.insert(info.name);

    std::map<std::string, std::vector<std::string>> by_reason;
    const Checkpoint&                               file = weights.checkpoint();
    for (const Checkpoint::Entry& entry : file.entries()) {
        if (used.contains(entry.name)) continue;
        const std::string& table  = weights.tables().target;
        std::string        reason = "MarianMT has no such weight";
        if (entry.name.ends_with(".embed_positions.weight"))
            reason = "positions are computed";
        else if (!entry.readable)
            reason = "type " + std::string(entry.type);
        else if (is_table(entry.name))
            reason = file.same(entry.name, table) ? "the same table as " + table : "config.json uses another table";
        by_reason[reason].push_back(entry.name);
    }
    std::vector<UnusedTensors> unused;
    for (auto& [reason, names] : by_reason) unused.push_back({reason, std::move(names)});
    return unused;
}

}  // namespace attune::marian
