#include "support/checkpoint_writer.h"

#include "support/pickle_writer.h"
#include "support/zip_writer.h"

#include <fstream>
#include <random>
#include <stdexcept>

namespace attune::test {
namespace {

std::string_view content(const Tensor& tensor) {
    return {reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size()};
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) throw std::runtime_error("cannot write " + path.string());
}

const char* safetensors_type(Type type) {
    switch (type) {
    case Type::f32: return "F32";
    case Type::f16: return "F16";
    case Type::bf16: return "BF16";
    case Type::i32: return "I32";
    case Type::u32: return "U32";
    case Type::i8: return "I8";
    }
    return "?";
}

const char* storage_class(Type type) {
    switch (type) {
    case Type::f32: return "FloatStorage";
    case Type::f16: return "HalfStorage";
    case Type::bf16: return "BFloat16Storage";
    default: return "IntStorage";
    }
}

PickledTensorText pickled(const std::string& name, const Tensor& tensor, std::size_t key) {
    const Shape&      shape = tensor.desc().shape;
    PickledTensorText text;
    text.name          = name;
    text.storage_class = storage_class(tensor.desc().type);
    text.key           = std::to_string(key);
    text.count         = static_cast<std::int64_t>(shape.elements());
    text.sizes.assign(shape.extents().begin(), shape.extents().end());
    text.strides.assign(shape.rank(), 1);
    for (std::size_t axis = shape.rank(); axis-- > 1;) text.strides[axis - 1] = text.strides[axis] * text.sizes[axis];
    return text;
}

NamedTensors rounded(const NamedTensors& tensors, Type type) {
    NamedTensors out;
    for (const auto& [name, tensor] : tensors) {
        const TensorDesc& desc = tensor.desc();
        if (desc.type == Type::f32)
            out.emplace_back(name, Tensor::from_doubles({type, desc.shape}, tensor.doubles()));
        else
            out.emplace_back(name, tensor);
    }
    return out;
}

void write_shards(const std::filesystem::path& folder, const NamedTensors& tensors, const std::string& stem,
                  const std::string& extension, std::string (*bytes)(const NamedTensors&)) {
    Json         index = {{"metadata", {{"total_size", 0}}}, {"weight_map", Json::object()}};
    NamedTensors shards[2];
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const std::string file                = stem + "-0000" + std::to_string(i % 2 + 1) + "-of-00002" + extension;
        index["weight_map"][tensors[i].first] = file;
        shards[i % 2].push_back(tensors[i]);
    }
    for (std::size_t i = 0; i < 2; ++i)
        write_file(folder / (stem + "-0000" + std::to_string(i + 1) + "-of-00002" + extension), bytes(shards[i]));
    write_file(folder / (stem + extension + ".index.json"), index.dump(2));
}

// Draws tensors in the order they are asked for.
struct DrawnTensors {
    std::mt19937 engine{20'240'601};
    NamedTensors tensors;

    void matrix(const std::string& name, std::uint64_t rows, std::uint64_t width) {
        tensors.emplace_back(name, numbers({rows, width}, 0.0f));
    }
    void linear(const std::string& name, std::uint64_t rows, std::uint64_t width) {
        matrix(name + ".weight", rows, width);
        tensors.emplace_back(name + ".bias", numbers({rows}, 0.0f));
    }
    void norm(const std::string& name, std::uint64_t width) {
        tensors.emplace_back(name + ".weight", numbers({width}, 1.0f));
        tensors.emplace_back(name + ".bias", numbers({width}, 0.0f));
    }
    void attention(const std::string& name, std::uint64_t width) {
        for (const char* part : {".q_proj", ".k_proj", ".v_proj", ".out_proj"}) linear(name + part, width, width);
        norm(name + "_layer_norm", width);
    }
    Tensor numbers(Shape shape, float centre) {
        std::vector<float> values(shape.elements());
        for (float& value : values)
            value = centre + static_cast<float>(static_cast<int>(engine() % 2001) - 1000) * 4e-4f;
        return Tensor::f32(shape, values);
    }
};

void zero_row(Tensor& table, std::uint64_t row) {
    const std::uint64_t    width  = table.desc().width();
    const std::span<float> values = table.as<float>();
    for (std::uint64_t i = 0; i < width; ++i) values[row * width + i] = 0;
}

}   // namespace

std::string safetensors_bytes(std::string_view header, std::string_view data) {
    return ByteWriter().u64(header.size()).text(header).text(data).bytes();
}

std::string safetensors_bytes(const NamedTensors& tensors) {
    Json        header = {{"__metadata__", {{"format", "pt"}}}};
    std::string data;
    for (const auto& [name, tensor] : tensors) {
        const auto extents = tensor.desc().shape.extents();
        header[name]       = {{"dtype", safetensors_type(tensor.desc().type)},
                              {"shape", std::vector<std::uint64_t>(extents.begin(), extents.end())},
                              {"data_offsets", {data.size(), data.size() + tensor.bytes().size()}}};
        data += content(tensor);
    }
    return safetensors_bytes(header.dump(), data);
}

std::string torch_bytes(const NamedTensors& tensors) {
    std::vector<PickledTensorText> texts;
    for (std::size_t i = 0; i < tensors.size(); ++i) texts.push_back(pickled(tensors[i].first, tensors[i].second, i));
    std::vector<ZipFile> files = {{.name = "archive/data.pkl", .content = state_dict_pickle(texts)},
                                  {.name = "archive/byteorder", .content = "little"}};
    for (std::size_t i = 0; i < tensors.size(); ++i)
        files.push_back({.name        = "archive/data/" + std::to_string(i),
                         .content     = std::string(content(tensors[i].second)),
                         .local_extra = std::string("FB\x03\0ZZZ", 7)});
    files.push_back({.name = "archive/version", .content = "3\n"});
    return zip_bytes(files);
}

std::string torch_legacy_bytes(const NamedTensors& tensors) {
    std::vector<PickledTensorText> texts;
    LegacyParts                    parts;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        texts.push_back(pickled(tensors[i].first, tensors[i].second, i));
        texts.back().view = "N";
        parts.data.emplace_back(std::to_string(i), content(tensors[i].second));
        parts.counts.push_back(tensors[i].second.desc().elements());
    }
    parts.state = state_dict_pickle(texts);
    return legacy_bytes(parts);
}

void write_weights(const std::filesystem::path& folder, const NamedTensors& tensors, WeightFiles files, Type type) {
    const NamedTensors stored = rounded(tensors, type);
    switch (files) {
    case WeightFiles::safetensors: return write_file(folder / "model.safetensors", safetensors_bytes(stored));
    case WeightFiles::torch: return write_file(folder / "pytorch_model.bin", torch_bytes(stored));
    case WeightFiles::torch_legacy: return write_file(folder / "pytorch_model.bin", torch_legacy_bytes(stored));
    case WeightFiles::safetensors_shards:
        return write_shards(folder, stored, "model", ".safetensors", safetensors_bytes);
    case WeightFiles::torch_shards: return write_shards(folder, stored, "pytorch_model", ".bin", torch_bytes);
    }
}

Json tiny_marian_config(const Json& changes) {
    Json config = {
        {"model_type", "marian"},
        {"vocab_size", 12},
        {"decoder_vocab_size", 12},
        {"d_model", 8},
        {"encoder_layers", 2},
        {"decoder_layers", 1},
        {"encoder_attention_heads", 2},
        {"decoder_attention_heads", 2},
        {"encoder_ffn_dim", 16},
        {"decoder_ffn_dim", 16},
        {"activation_function", "swish"},
        {"scale_embedding", true},
        {"max_position_embeddings", 32},
        {"max_length", 20},
        {"num_beams", 2},
        {"pad_token_id", 11},
        {"eos_token_id", 0},
        {"decoder_start_token_id", 11},
        {"forced_eos_token_id", 0},
        {"bad_words_ids", Json::array({Json::array({11})})},
    };
    config.merge_patch(changes);   // null removes
    return config;
}

NamedTensors tiny_marian_tensors(const Json& config) {
    const auto   width = config["d_model"].get<std::uint64_t>(), vocabulary = config["vocab_size"].get<std::uint64_t>();
    DrawnTensors random;
    for (const std::string side : {"encoder", "decoder"}) {
        const auto ffn = config[side + "_ffn_dim"].get<std::uint64_t>();
        for (std::uint64_t i = 0; i < config[side + "_layers"].get<std::uint64_t>(); ++i) {
            const std::string layer = "model." + side + ".layers." + std::to_string(i);
            random.attention(layer + ".self_attn", width);
            if (side == "decoder") random.attention(layer + ".encoder_attn", width);
            random.linear(layer + ".fc1", ffn, width);
            random.linear(layer + ".fc2", width, ffn);
            random.norm(layer + ".final_layer_norm", width);
        }
    }
    const bool shared  = config.value("share_encoder_decoder_embeddings", true);
    const auto targets = shared ? vocabulary : config["decoder_vocab_size"].get<std::uint64_t>();
    if (shared) {
        random.matrix("model.shared.weight", vocabulary, width);
        zero_row(random.tensors.back().second, config["pad_token_id"].get<std::uint64_t>());
    } else {
        random.matrix("model.encoder.embed_tokens.weight", vocabulary, width);
        random.matrix("model.decoder.embed_tokens.weight", targets, width);
        zero_row(random.tensors.back().second, config["pad_token_id"].get<std::uint64_t>());
    }
    random.matrix("final_logits_bias", 1, targets);
    return std::move(random.tensors);
}

void write_marian_folder(const std::filesystem::path& folder, const Json& config, const NamedTensors& tensors,
                         WeightFiles files, Type type) {
    write_file(folder / "config.json", config.dump(2));
    write_weights(folder, tensors, files, type);
}

}   // namespace attune::test
