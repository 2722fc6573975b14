#include "bench/generated_model.h"

#include "bench/tensors.h"

#include <attune/error.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <iterator>

namespace attune::bench {
namespace {

using Json = nlohmann::ordered_json;

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw Error(Status::bad_input, path.filename().string(), "cannot be read");
    return {std::istreambuf_iterator<char>(in), {}};
}

// Tensors one after the other, and the header that says where each lies.
class Safetensors {
public:
    void add(const std::string& name, Shape shape, double deviation, double mean = 0) {
        const Tensor      tensor = mean == 0 ? bulk_random({Type::f16, shape}, random_, deviation)
                                             : test::random_tensor({Type::f16, shape}, random_, deviation, mean);
        const std::size_t first  = data_.size();
        data_.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
        header_[name] = {{"dtype", "F16"}, {"shape", shape.extents()}, {"data_offsets", {first, data_.size()}}};
    }

    // Outputs keep the size of inputs.
    void linear(const std::string& name, std::uint64_t outputs, std::uint64_t inputs) {
        add(name + ".weight", {outputs, inputs}, 1 / std::sqrt(static_cast<double>(inputs)));
        add(name + ".bias", {outputs}, 0.02);
    }

    void attention(const std::string& name, std::uint64_t width) {
        for (const char* part : {".q_proj", ".k_proj", ".v_proj", ".out_proj"}) linear(name + part, width, width);
        norm(name + "_layer_norm", width);
    }

    void norm(const std::string& name, std::uint64_t width) {
        add(name + ".weight", {width}, 0.02, 1);
        add(name + ".bias", {width}, 0.02);
    }

    std::string bytes() const {
        std::string header = header_.dump(), file;
        header.append((8 - header.size() % 8) % 8, ' ');
        for (int i = 0; i < 8; ++i) file += static_cast<char>(static_cast<unsigned char>(header.size() >> (8 * i)));
        return file + header + data_;
    }

private:
    test::Random random_{std::uint64_t{58000}};
    Json         header_ = Json::object();
    std::string  data_;
};

std::string weights_of(const GeneratedSizes& s) {
    Safetensors file;
    for (const std::string side : {"encoder", "decoder"})
        for (std::uint64_t i = 0; i < s.layers; ++i) {
            const std::string layer = "model." + side + ".layers." + std::to_string(i);
            file.attention(layer + ".self_attn", s.width);
            if (side == "decoder") file.attention(layer + ".encoder_attn", s.width);
            file.linear(layer + ".fc1", s.inner, s.width);
            file.linear(layer + ".fc2", s.width, s.inner);
            file.norm(layer + ".final_layer_norm", s.width);
        }
    file.add("model.shared.weight", {s.vocabulary, s.width}, 1 / std::sqrt(static_cast<double>(s.width)));
    file.add("final_logits_bias", {1, s.vocabulary}, 0.02);
    return file.bytes();
}

std::string config_of(const GeneratedSizes& s, const Json& vocabulary) {
    const auto pad = vocabulary.at("<pad>"), end = vocabulary.at("</s>");
    Json       config = {{"model_type", "marian"},
                         {"vocab_size", s.vocabulary},
                         {"decoder_vocab_size", s.vocabulary},
                         {"d_model", s.width},
                         {"activation_function", "relu"},
                         {"scale_embedding", true},
                         {"max_position_embeddings", 512},
                         {"max_length", 128},
                         {"num_beams", 1},
                         {"pad_token_id", pad},
                         {"eos_token_id", end},
                         {"decoder_start_token_id", pad},
                         {"bad_words_ids", Json::array({Json::array({pad})})}};
    for (const std::string side : {"encoder", "decoder"}) {
        config[side + "_layers"]          = s.layers;
        config[side + "_attention_heads"] = s.heads;
        config[side + "_ffn_dim"]         = s.inner;
    }
    return config.dump(2);
}

}  // namespace

GeneratedModel::GeneratedModel(const std::filesystem::path& tokenizer, const GeneratedSizes& sizes) {
    Json vocabulary = Json::parse(read_file(tokenizer / "vocab.json"), nullptr, false);
    if (!vocabulary.is_object() || !vocabulary.contains("<pad>") || !vocabulary.contains("</s>"))
        throw Error(Status::bad_input, "vocab.json", "is no vocabulary with <pad> and </s>");
    if (vocabulary.size() > sizes.vocabulary)
        throw Error(Status::bad_input, "vocab.json", "has more words than the model would");
    files_["config.json"] = config_of(sizes, vocabulary);
    for (std::uint64_t id = vocabulary.size(); id < sizes.vocabulary; ++id)
        vocabulary["<" + std::to_string(id) + ">"] = id;
    files_["vocab.json"]        = vocabulary.dump();
    files_["source.spm"]        = read_file(tokenizer / "source.spm");
    files_["target.spm"]        = read_file(tokenizer / "target.spm");
    files_["model.safetensors"] = weights_of(sizes);
}

ModelSource GeneratedModel::source() const {
    std::vector<ModelFile> files;
    for (const auto& [name, bytes] : files_) files.push_back({.name = name, .bytes = std::as_bytes(std::span(bytes))});
    return ModelSource(std::move(files));
}

}  // namespace attune::bench
