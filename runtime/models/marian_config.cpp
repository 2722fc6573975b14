#include "models/marian_config.h"

#include "base/utf8.h"
#include "models/config_reader.h"

#include <attune/error.hpp>

#include <algorithm>
#include <string_view>

namespace attune {
namespace {

constexpr std::uint64_t max_width = 65'536, max_layers = 1024, max_vocabulary = 1u << 24, max_beams = 64;

void expect_marian(const ConfigReader& file) {
    const std::string type = file.text("model_type").value_or("");
    if (type.empty()) file.fail("model_type", "is missing; a MarianMT folder says \"marian\"");
    if (type != "marian") file.fail("model_type", "is " + in_quotes(type) + "; only marian is supported here");
    if (!file.flag("is_encoder_decoder", true))
        file.fail("is_encoder_decoder", "is false; a decoder alone is not supported");
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
    return ids.empty() ? otherwise : ids;
}

EarlyStopping read_early_stopping(const ConfigReader& file) {
    const Json* value = file.any("early_stopping");
    if (!value) return EarlyStopping::no;
    if (value->is_boolean()) return value->get<bool>() ? EarlyStopping::yes : EarlyStopping::no;
    if (*value != "never") file.fail("early_stopping", "is not true, false or \"never\"");
    return EarlyStopping::never;
}

std::optional<std::uint32_t> read_length(const ConfigReader& file, const char* key) {
    const auto length = file.optional_natural(key, 1, max_width);
    return length ? std::optional(static_cast<std::uint32_t>(*length)) : std::nullopt;
}

std::uint32_t read_count(const ConfigReader& file, const char* key, std::uint32_t otherwise, std::uint64_t low,
                         std::uint64_t high) {
    return static_cast<std::uint32_t>(file.natural(key, otherwise, low, high));
}

// transformers takes MarianConfig's default, the end token, only where nothing at all is said.
std::vector<std::uint32_t> read_forced_eos(const ConfigReader& files, bool has_generation_file,
                                           const GenerationConfig& c, std::uint64_t vocabulary) {
    if (files.has("forced_eos_token_id")) return files.ids("forced_eos_token_id", vocabulary);
    if (has_generation_file) return {};
    return {c.eos_token_ids.front()};
}

void read_lengths(const ConfigReader& files, GenerationConfig& c) {
    c.max_length     = read_length(files, "max_length");
    c.max_new_tokens = read_length(files, "max_new_tokens");
    c.min_length     = read_count(files, "min_length", 0, 0, max_width);
    if (c.max_length && !c.max_new_tokens && c.min_length > *c.max_length)
        files.fail("min_length",
                   "is " + std::to_string(c.min_length) + ", more than max_length " + std::to_string(*c.max_length));
}

}  // namespace

MarianConfig read_marian_config(const std::filesystem::path& folder) {
    ConfigReader file;
    if (!file.add(folder / "config.json"))
        throw Error(Status::bad_input, (folder / "config.json").string(), "is missing",
                    "a model folder holds config.json, weights and vocabulary");
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

GenerationConfig read_generation_config(const std::filesystem::path& folder, const MarianConfig& model) {
    ConfigReader files;
    const bool   has_generation_file = files.add(folder / "generation_config.json");
    files.add(folder / "config.json");
    const std::uint64_t vocabulary = model.decoder_vocab_size;

    GenerationConfig c;
    c.num_beams            = read_count(files, "num_beams", 1, 1, max_beams);
    c.num_return_sequences = read_count(files, "num_return_sequences", 1, 1, max_beams);
    if (c.num_return_sequences > c.num_beams)
        files.fail("num_return_sequences", "is " + std::to_string(c.num_return_sequences) + ", more than num_beams " +
                                               std::to_string(c.num_beams));
    c.length_penalty = files.real("length_penalty", 1, -100, 100);
    c.early_stopping = read_early_stopping(files);
    read_lengths(files, c);
    c.no_repeat_ngram_size   = read_count(files, "no_repeat_ngram_size", 0, 0, max_width);
    c.repetition_penalty     = files.real("repetition_penalty", 1, 1e-6, 1e6);
    c.renormalize_logits     = files.flag("renormalize_logits", false);
    c.bad_words_ids          = files.id_lists("bad_words_ids", vocabulary);
    c.forced_bos_token_id    = read_optional_id(files, "forced_bos_token_id", vocabulary);
    c.eos_token_ids          = read_eos(files, model.eos_token_ids, vocabulary);
    c.forced_eos_token_ids   = read_forced_eos(files, has_generation_file, c, vocabulary);
    c.decoder_start_token_id = read_id(files, "decoder_start_token_id", model.decoder_start_token_id, vocabulary);
    c.pad_token_id           = read_id(files, "pad_token_id", model.pad_token_id, vocabulary);
    return c;
}

}  // namespace attune
