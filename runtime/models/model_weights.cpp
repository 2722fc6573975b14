#include "models/model_weights.h"

#include <attune/error.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace attune::marian {
namespace {

constexpr std::uint64_t max_position_bytes = 64u << 20;

template <class Function> void for_weights(std::span<const Graph> graphs, Function&& function) {
    for (const Graph& graph : graphs)
        for (const ValueInfo& info : graph.values())
            if (info.kind == ValueKind::weight) function(info);
}

}  // namespace

void ModelWeights::expect_tables(const MarianConfig& config) const {
    expect_shape(tables_.source, {config.vocab_size, config.d_model});
    expect_shape(tables_.target, {config.decoder_vocab_size, config.d_model});
    expect_shape(tables_.output, {config.decoder_vocab_size, config.d_model});
    const std::uint64_t bytes = config.max_position_embeddings * config.d_model * sizeof(float);  // at most 2^34
    if (bytes > max_position_bytes)
        throw Error(Status::bad_input, settings_,
                    "asks for a table of positions of " + std::to_string(bytes >> 20) + " MiB, more than 64 MiB",
                    "lower max_position_embeddings");
}

void ModelWeights::expect_shape(const std::string& name, const Shape& shape) const {
    const TensorDesc* desc = find_stored(name);
    if (!desc) refuse_missing(name);
    if (desc->shape != shape)
        throw Error(Status::bad_input, name,
                    "has shape " + desc->shape.text() + ", the model wants " + shape.text() + " as " + settings_ +
                        " says");
}

Tensor ModelWeights::bias_or_zeros(const std::string& name, std::uint64_t elements) {
    Tensor     result({Type::f32, {elements}});
    const auto entries = checkpoint().entries();
    if (std::ranges::find(entries, name, &Checkpoint::Entry::name) == entries.end()) return result;
    const TensorDesc* desc = find_stored(name);
    if (!desc) refuse_missing(name);
    if (desc->elements() != elements)
        throw Error(Status::bad_input, name,
                    "has shape " + desc->shape.text() + ", the vocabulary has " + std::to_string(elements) + " tokens");
    return Tensor::from_doubles(result.desc(), stored(name).doubles());
}

void ModelWeights::expect(std::span<const Graph> graphs) const {
    for_weights(graphs, [&](const ValueInfo& info) {
        if (!computed_.find(info.name)) expect_shape(info.name, info.desc.shape);
    });
}

std::vector<ModelWeights::Unused> ModelWeights::unused(std::span<const Graph> graphs) const {
    std::set<std::string> used;
    for_weights(graphs, [&](const ValueInfo& info) { used.insert(info.name); });
    std::map<std::string, std::vector<std::string>> by_reason;
    for (const Checkpoint::Entry& entry : checkpoint().entries()) {
        if (used.contains(entry.name)) continue;
        if (const auto reason = why_unused(entry)) by_reason[*reason].push_back(entry.name);
    }
    std::vector<Unused> result;
    for (auto& [reason, names] : by_reason) result.push_back({reason, std::move(names)});
    return result;
}

const TensorDesc* ModelWeights::find(const std::string& name) const {
    const TensorDesc* computed = computed_.find(name);
    return computed ? computed : find_stored(name);
}

TensorView ModelWeights::at(const std::string& name) {
    return computed_.find(name) ? computed_.at(name) : stored(name);
}

}  // namespace attune::marian
