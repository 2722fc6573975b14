// Model folders made by tests: named tensors as safetensors, sharded or not, or as pytorch_model.bin.
#pragma once

#include "base/json.h"

#include <attune/tensor.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attune::test {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// A safetensors file with this header and data, whatever they say.
std::string safetensors_bytes(std::string_view header, std::string_view data);

// The same for tensors, one after the other.
std::string safetensors_bytes(const NamedTensors& tensors);

// What torch.save writes: a zip archive of a pickled state dictionary and a file per tensor.
std::string torch_bytes(const NamedTensors& tensors);

// What it wrote before 1.6: a stream.
std::string torch_legacy_bytes(const NamedTensors& tensors);

enum class WeightFiles { safetensors, safetensors_shards, torch, torch_shards, torch_legacy };

// Writes the weights into the folder; shards hold every other tensor each. f32 tensors are first
// rounded to `type` (f32, f16 or bf16); others stay as they are.
void write_weights(const std::filesystem::path& folder, const NamedTensors& tensors,
                   WeightFiles files = WeightFiles::safetensors, Type type = Type::f32);

// A small valid config.json of a MarianMT model (vocabulary 12, width 8, 2 + 1 layers), with the keys
// of `changes` replaced, and those that are null there left out.
Json tiny_marian_config(const Json& changes = Json::object());

// All tensors such a model has, filled with small random numbers from a fixed seed, row pad_token_id
// of the embedding zero; names as in a folder of transformers.
NamedTensors tiny_marian_tensors(const Json& config);

// config.json and the weights.
void write_marian_folder(const std::filesystem::path& folder, const Json& config, const NamedTensors& tensors,
                         WeightFiles files = WeightFiles::safetensors, Type type = Type::f32);

}   // namespace attune::test
