#include "models/marian_native_weights.h"

#include <attune/error.hpp>

#include <cmath>
#include <cstring>

namespace attune::marian {
namespace {

constexpr const char* stored_bias = "decoder_ff_logit_out_b";  // [1, V]

// Tables are stored [V, d], as they are wanted; likewise an output matrix of its own in Marian since 1.9.
bool lies_as_wanted(const std::string& name) { return name.find("Wemb") != std::string::npos || name.ends_with("_Wt"); }

bool is_vector(const Shape& shape) { return shape.rank() == 2 && shape[0] == 1; }

bool is_turned(const std::string& name, const TensorDesc& stored) {
    return stored.type != Type::i8 && stored.shape.rank() == 2 && !is_vector(stored.shape) && !lies_as_wanted(name);
}

TensorDesc wanted(const std::string& name, const TensorDesc& stored) {
    if (is_vector(stored.shape)) return {stored.type, {stored.shape[1]}};
    if (is_turned(name, stored)) return {stored.type, {stored.shape[1], stored.shape[0]}};
    return stored;
}

Tensor turned(const TensorView& matrix) {
    const std::uint64_t rows = matrix.desc.shape[0], columns = matrix.desc.shape[1];
    const std::size_t   size = size_of(matrix.desc.type);
    Tensor              result({matrix.desc.type, {columns, rows}});
    std::byte*          to = result.bytes().data();
    for (std::uint64_t column = 0; column < columns; ++column)
        for (std::uint64_t row = 0; row < rows; ++row, to += size)
            std::memcpy(to, matrix.bytes.data() + (row * columns + column) * size, size);
    return result;
}

// Marian's rule where all are tied, where two are, and where each has its own.
MarianConfig::Tables choose_tables(const MarianFile& file, const MarianConfig& config) {
    MarianConfig::Tables tables = config.tables;
    if (tables.output.empty()) {
        tables.output = "decoder_ff_logit_out_Wt";
        if (!file.find(tables.output)) tables.output = "decoder_ff_logit_out_W";
    }
    return tables;
}

}  // namespace

Tensor native_sinusoids(std::uint64_t positions, std::uint64_t width) {
    Tensor              table({Type::f32, {positions, width}});
    const auto          values = table.as<float>();
    const std::uint64_t half   = width / 2;
    for (std::uint64_t j = 0; j < half; ++j) {
        const double period = std::pow(10000.0, static_cast<double>(j) / static_cast<double>(half - 1));
        for (std::uint64_t p = 0; p < positions; ++p) {
            values[p * width + j]        = static_cast<float>(std::sin(static_cast<double>(p) / period));
            values[p * width + half + j] = static_cast<float>(std::cos(static_cast<double>(p) / period));
        }
    }
    return table;
}

NativeWeights::NativeWeights(std::unique_ptr<MarianFile> file, const MarianConfig& config)
    : ModelWeights("special:model.yml"), file_(std::move(file)) {
    for (const auto& [name, desc] : file_->list()) wanted_.emplace(name, wanted(name, desc));
    tables_ = choose_tables(*file_, config);
    expect_tables(config);
    computed_.set(weight_names::output_bias, bias_or_zeros(stored_bias, config.decoder_vocab_size));
    computed_.set(weight_names::no_bias, Tensor({Type::f32, {config.d_model}}));
    computed_.set(weight_names::positions, native_sinusoids(config.max_position_embeddings, config.d_model));
}

std::set<std::string> NativeWeights::int8() const {
    std::set<std::string> names;
    for (const auto& [name, desc] : wanted_)
        if (desc.type == Type::i8) names.insert(name);
    return names;
}

const TensorDesc* NativeWeights::find_stored(const std::string& name) const {
    const auto found = wanted_.find(name);
    return found == wanted_.end() ? nullptr : &found->second;
}

TensorView NativeWeights::stored(const std::string& name) {
    const TensorView view = file_->at(name);
    if (is_turned(name, view.desc)) {
        turned_ = turned(view);
        return turned_.view();
    }
    return {*find_stored(name), view.bytes, view.scales};
}

void NativeWeights::refuse_missing(const std::string& name) const {
    for (const Checkpoint::Entry& entry : file_->entries())
        if (entry.name == name)
            throw Error(Status::bad_input, name,
                        "has elements of type " + std::string(entry.type) + "; float32 and intgemm8 are read");
    throw Error(Status::bad_input, name, "is missing from the model");
}

std::optional<std::string> NativeWeights::why_unused(const Checkpoint::Entry& entry) const {
    if (entry.name == stored_bias) return std::nullopt;
    if (entry.name.ends_with("_QuantMultA")) return "scales of integer arithmetic, which is not used";
    if (!entry.readable) return "type " + std::string(entry.type);
    return "the model has no such weight";
}

}  // namespace attune::marian
