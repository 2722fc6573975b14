#include "models/marian_config.h"

#include "base/utf8.h"
#include "models/config_reader.h"

#include <attune/error.hpp>

#include <algorithm>
#include <string_view>

namespace attune {
namespace {

constexpr std::uint64_t max_width = 65'536, max_layers = 1024, max_vocabulary = 1u << 24, max_end_tokens = 64;

// Other translators that people bring, and what they are.
const char* hint_for(std::string_view type) {
    struct Known {
        std::string_view type;
        const char*      hint;
    };
    static constexpr Known known[] = {
        {"m2m_100", "M2M-100 and NLLB are another architecture"},
        {"nllb", "NLLB is another architecture"},
        {"mbart", "mBART is another architecture"},
        {"bart", "BART is another architecture"},
        {"t5", "T5 is another architecture"},
        {"mt5", "mT5 is another architecture"},
        {"bert", "it encodes text and cannot translate"},
        {"roberta", "it encodes text and cannot translate"},
        {"xlm-roberta", "it encodes text and cannot translate"},
        {"distilbert", "it encodes text and cannot translate"},
        {"gpt2", "it continues text and cannot translate"},
        {"llama", "it continues text and cannot translate"},
    };
    const auto* found = std::ranges::find(known, type, &Known::type);
    return found == std::end(known) ? "take a MarianMT model, such as those called opus-mt" : found->hint;
}

void expect_marian(const ConfigReader& file) {
    const std::string type = file.text("model_type").value_or("");
    if (type.empty())
        file.fail("model_type", "is missing; a MarianMT folder says \"marian\"",
                  "if it is one, add \"model_type\": \"marian\"");
    if (type != "marian")
        file.fail("model_type", "is " + in_quotes(type) + "; only marian is supported", hint_for(type));
    constexpr const char* whole = "take a model with encoder and decoder (MarianMTModel)";
    if (!file.flag("is_encoder_decoder", true))
        file.fail("is_encoder_decoder", "is false; a decoder alone is not supported", whole);
    if (const Json* names = file.any("architectures"); names && names->is_array())
        for (const Json& name : *names)
            if (name == "MarianForCausalLM")
                file.fail("architectures", "names MarianForCausalLM; a decoder alone is not supported", whole);
}

Activation read_activation(const ConfigReader& file) {
    struct Named {
        std::string_view name;
        Activation       activation;
    };
    static constexpr Named known[] = {
        {"relu", Activation::relu},          {"gelu", Activation::gelu},
        {"gelu_new", Activation::gelu_tanh}, {"gelu_pytorch_tanh", Activation::gelu_tanh},
        {"swish", Activation::silu},         {"silu", Activation::silu},
    };
    const std::string name  = file.text("activation_function").value_or("gelu");
    const auto*       found = std::ranges::find(known, std::string_view(name), &Named::name);
    if (found == std::end(known))
        file.fail("activation_function",
                  "is " + in_quotes(name) + ", not one of relu, gelu, gelu_new, gelu_pytorch_tanh, swish, silu");
    return found->activation;
}

std::optional<Type> read_stored_type(const ConfigReader& file) {
    auto name = file.text("dtype");              // transformers 5
    if (!name) name = file.text("torch_dtype");  // transformers 4
    if (name == "float32") return Type::f32;
    if (name == "float16") return Type::f16;
    if (name == "bfloat16") return Type::bf16;
    return std::nullopt;
}

void expect_divides(const ConfigReader& file, const char* key, std::uint64_t heads, std::uint64_t width) {
    if (width % heads != 0)
        file.fail(key, "is " + std::to_string(heads) + ", which does not divide d_model " + std::to_string(width));
}

void read_sizes(const ConfigReader& file, MarianConfig& c) {
    c.vocab_size                       = file.natural("vocab_size", c.vocab_size, 1, max_vocabulary);
    c.share_encoder_decoder_embeddings = file.flag("share_encoder_decoder_embeddings", true);
    c.tie_word_embeddings              = file.flag("tie_word_embeddings", true);
    c.decoder_vocab_size               = file.natural("decoder_vocab_size", c.vocab_size, 1, max_vocabulary);
    if (c.share_encoder_decoder_embeddings) c.decoder_vocab_size = c.vocab_size;  // there is but one table

    c.d_model                 = file.natural("d_model", c.d_model, 1, max_width);
    c.encoder_layers          = file.natural("encoder_layers", c.encoder_layers, 1, max_layers);
    c.decoder_layers          = file.natural("decoder_layers", c.decoder_layers, 1, max_layers);
    c.encoder_ffn_dim         = file.natural("encoder_ffn_dim", c.encoder_ffn_dim, 1, max_width);
    c.decoder_ffn_dim         = file.natural("decoder_ffn_dim", c.decoder_ffn_dim, 1, max_width);
    c.max_position_embeddings = file.natural("max_position_embeddings", c.max_position_embeddings, 1, max_width);
    c.encoder_attention_heads = file.natural("encoder_attention_heads", c.encoder_attention_heads, 1, max_width);
    c.decoder_attention_heads = file.natural("decoder_attention_heads", c.decoder_attention_heads, 1, max_width);
    expect_divides(file, "encoder_attention_heads", c.encoder_attention_heads, c.d_model);
    expect_divides(file, "decoder_attention_heads", c.decoder_attention_heads, c.d_model);
}

std::uint32_t read_id(const ConfigReader& file, const char* key, std::uint32_t otherwise, std::uint64_t vocabulary) {
    return static_cast<std::uint32_t>(file.natural(key, otherwise, 0, vocabulary - 1));
}

std::optional<std::uint32_t> read_optional_id(const ConfigReader& file, const char* key, std::uint64_t vocabulary) {
    const auto id = file.optional_natural(key, 0, vocabulary - 1);
    return id ? std::optional(static_cast<std::uint32_t>(*id)) : std::nullopt;
}

std::vector<std::uint32_t> read_eos(const ConfigReader& file, const std::vector<std::uint32_t>& otherwise,
                                    std::uint64_t vocabulary) {
    std::vector<std::uint32_t> ids = file.ids("eos_token_id", vocabulary);
    if (ids.empty() && file.any("eos_token_id")) file.fail("eos_token_id", "is an empty list");
    if (ids.size() > max_end_tokens) file.fail("eos_token_id", "lists more than 64 tokens");
    return ids.empty() ? otherwise : ids;
}

}  // namespace

MarianConfig read_marian_config(const Folder& folder) {
    const ConfigReader file(folder / "config.json");
    expect_marian(file);

    MarianConfig c;
    read_sizes(file, c);
    c.activation             = read_activation(file);
    c.scale_embedding        = file.flag("scale_embedding", false);
    c.stored_type            = read_stored_type(file);
    c.pad_token_id           = read_id(file, "pad_token_id", c.pad_token_id, c.decoder_vocab_size);
    c.decoder_start_token_id = read_id(file, "decoder_start_token_id", c.pad_token_id, c.decoder_vocab_size);
    c.bos_token_id           = read_optional_id(file, "bos_token_id", c.decoder_vocab_size);
    c.eos_token_ids          = read_eos(file, c.eos_token_ids, c.decoder_vocab_size);
    return c;
}

}  // namespace attune
