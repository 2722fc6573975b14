// What Marian's settings of training say about a model (marian-nmt/marian-dev, src/common/config_parser.cpp and
// src/models/transformer.h).
#include "base/utf8.h"
#include "formats/yaml_settings.h"
#include "models/marian_folder.h"

#include <attune/error.hpp>

#include <algorithm>
#include <string_view>

namespace attune {
namespace {

constexpr std::uint64_t max_width = 65'536, max_layers = 1024, max_vocabulary = 1u << 24;
constexpr std::uint64_t positions = 1024;  // sinusoids have no end; longer lines are cut at sentence ends

// Settings that have one supported value, and what Marian takes where they are missing.
struct Only {
    const char*                        key;
    const char*                        otherwise;
    std::initializer_list<const char*> values;
};
const Only only[] = {
    {"type", "amun", {"transformer"}},
    {"transformer-preprocess", "", {"", "d"}},
    {"transformer-postprocess", "dan", {"dan", "an"}},
    {"transformer-postprocess-emb", "d", {"d", ""}},
    {"transformer-postprocess-top", "", {""}},
    {"transformer-ffn-depth", "2", {"2"}},
    {"transformer-decoder-ffn-depth", "0", {"0", "2"}},
    {"transformer-no-projection", "false", {"false"}},
    {"transformer-no-bias", "false", {"false"}},
    {"transformer-no-affine", "false", {"false"}},
    {"transformer-rnn-projection", "false", {"false"}},
    {"transformer-pool", "false", {"false"}},
    {"transformer-train-position-embeddings", "false", {"false"}},
    {"transformer-depth-scaling", "false", {"false", "true"}},  // of the first weights alone
    {"lemma-dim-emb", "0", {"0"}},
    {"ulr", "false", {"false"}},
    {"right-left", "false", {"false"}},
};

void expect_supported(const YamlSettings& file) {
    for (const Only& setting : only) {
        const std::string value = file.text(setting.key).value_or(setting.otherwise);
        if (std::ranges::find(setting.values, value) != setting.values.end()) continue;
        std::string wanted;
        for (const std::string known : setting.values) wanted += (wanted.empty() ? "" : " or ") + ("\"" + known + "\"");
        file.fail(setting.key, "is " + in_quotes(value) + "; only " + wanted + " is supported");
    }
}

Activation read_activation(const YamlSettings& file) {
    const std::string name = file.text("transformer-ffn-activation").value_or("swish");
    if (name == "relu") return Activation::relu;
    if (name == "swish") return Activation::silu;
    file.fail("transformer-ffn-activation", "is " + in_quotes(name) + "; only \"relu\" and \"swish\" are supported");
}

DecoderCell read_decoder_cell(const YamlSettings& file) {
    const std::string kind = file.text("transformer-decoder-autoreg").value_or("self-attention");
    if (kind == "self-attention") return DecoderCell::self_attention;
    if (kind != "rnn")
        file.fail("transformer-decoder-autoreg",
                  "is " + in_quotes(kind) + "; only \"self-attention\" and \"rnn\" are supported");
    const std::string cell = file.text("dec-cell").value_or("gru");
    if (cell != "ssru") file.fail("dec-cell", "is " + in_quotes(cell) + "; only \"ssru\" is supported");
    return DecoderCell::ssru;
}

void read_sizes(const YamlSettings& file, MarianConfig& c) {
    const auto vocabularies = file.naturals("dim-vocabs", 1, max_vocabulary);
    if (vocabularies.size() != 2)
        file.fail("dim-vocabs", "has " + std::to_string(vocabularies.size()) + " sizes; a translator has two",
                  "models of several sources are not supported");
    c.vocab_size              = vocabularies[0];
    c.decoder_vocab_size      = vocabularies[1];
    c.d_model                 = file.natural("dim-emb", 512, 4, max_width);
    c.encoder_layers          = file.natural("enc-depth", 1, 1, max_layers);
    c.decoder_layers          = file.natural("dec-depth", 1, 1, max_layers);
    c.encoder_ffn_dim         = file.natural("transformer-dim-ffn", 2048, 1, max_width);
    const std::uint64_t own   = file.natural("transformer-decoder-dim-ffn", 0, 0, max_width);
    c.decoder_ffn_dim         = own ? own : c.encoder_ffn_dim;
    c.encoder_attention_heads = file.natural("transformer-heads", 8, 1, max_width);
    c.decoder_attention_heads = c.encoder_attention_heads;
    if (c.d_model % c.encoder_attention_heads != 0)
        file.fail("transformer-heads", "is " + std::to_string(c.encoder_attention_heads) +
                                           ", which does not divide dim-emb " + std::to_string(c.d_model));
}

// "transformer-tied-layers: [1, 1, 2]": layer 1 has the weights of layer 0; counted from 1 in the file.
void read_tied_layers(const YamlSettings& file, MarianConfig& c) {
    const auto layers = file.naturals("transformer-tied-layers", 1, c.decoder_layers);
    if (layers.empty()) return;
    if (layers.size() != c.decoder_layers)
        file.fail("transformer-tied-layers", "has " + std::to_string(layers.size()) + " entries, dec-depth is " +
                                                 std::to_string(c.decoder_layers));
    for (const std::uint64_t layer : layers) c.decoder_layer_weights.push_back(layer - 1);
}

// Names of the tables; an output matrix of its own has one of two names (marian_native_weights.cpp).
void read_tables(const YamlSettings& file, MarianConfig& c) {
    const bool all = file.flag("tied-embeddings-all", false), source = all || file.flag("tied-embeddings-src", false);
    const bool output                  = all || file.flag("tied-embeddings", false);
    c.share_encoder_decoder_embeddings = source;
    c.tie_word_embeddings              = output;
    c.tables.source                    = source ? "Wemb" : "encoder_Wemb";
    c.tables.target                    = source ? "Wemb" : "decoder_Wemb";
    c.tables.output                    = output ? c.tables.target : "";
    if (source && c.vocab_size != c.decoder_vocab_size)
        file.fail("dim-vocabs", "has two sizes although the embeddings are one table");
}

}  // namespace

MarianConfig read_marian_model_settings(const std::string& text, const std::string& where) {
    const YamlSettings file(text, where);
    expect_supported(file);
    MarianConfig c;
    c.names = WeightNames::marian;
    read_sizes(file, c);
    c.decoder_cell            = read_decoder_cell(file);
    c.activation              = read_activation(file);
    c.scale_embedding         = true;
    c.max_position_embeddings = positions;
    c.layer_norm_epsilon      = 1e-9;
    c.first_head_aligns       = true;
    c.pad_token_id            = 0;  // any token: rows of padding are not looked at
    c.decoder_start_token_id  = static_cast<std::uint32_t>(c.decoder_vocab_size);
    read_tied_layers(file, c);
    read_tables(file, c);
    return c;
}

}  // namespace attune
