#include "models/marian_folder.h"

#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <algorithm>

using namespace attune;
using namespace attune::test;

namespace {

// What Marian writes of a small student, and what a row changes in it.
std::string settings(const std::string& more = {}, const std::string& without = {}) {
    std::string text = "type: transformer\n"
                       "dim-vocabs:\n  - 40\n  - 40\n"
                       "dim-emb: 16\nenc-depth: 2\ndec-depth: 3\n"
                       "transformer-heads: 4\ntransformer-dim-ffn: 24\ntransformer-ffn-activation: relu\n"
                       "transformer-decoder-autoreg: rnn\ndec-cell: ssru\n"
                       "transformer-preprocess: \"\"\ntransformer-postprocess: dan\ntransformer-postprocess-emb: d\n"
                       "transformer-postprocess-top: \"\"\ntransformer-tied-layers: []\n"
                       "tied-embeddings-all: true\ntied-embeddings: false\ntied-embeddings-src: false\n";
    if (const std::size_t at = text.find(without + ":"); !without.empty() && at != std::string::npos) {
        std::size_t end = text.find('\n', at);
        while (end + 1 < text.size() && text[end + 1] == ' ') end = text.find('\n', end + 1);
        text.erase(at, end + 1 - at);
    }
    return text + more;
}

MarianConfig read(const std::string& more = {}, const std::string& without = {}) {
    return read_marian_model_settings(settings(more, without), "model.bin");
}

}   // namespace

TEST_CASE("the settings of a student") {
    const MarianConfig c = read();
    CHECK(c.names == WeightNames::marian);
    CHECK(c.vocab_size == 40);
    CHECK(c.decoder_vocab_size == 40);
    CHECK(c.d_model == 16);
    CHECK(c.encoder_layers == 2);
    CHECK(c.decoder_layers == 3);
    CHECK(c.encoder_attention_heads == 4);
    CHECK(c.decoder_ffn_dim == 24);
    CHECK(c.activation == Activation::relu);
    CHECK(c.decoder_cell == DecoderCell::ssru);
    CHECK(c.scale_embedding);
    CHECK(c.layer_norm_epsilon == 1e-9);
    CHECK(c.decoder_start_token_id == 40);   // beyond the table: zeros
    CHECK(c.decoder_layer_weights.empty());
    CHECK(c.tables.source == "Wemb");
    CHECK(c.tables.output == "Wemb");
}

TEST_CASE("tables, layers and cells as the settings say") {
    CHECK(read("transformer-tied-layers: [1, 1, 2]\n", "transformer-tied-layers").decoder_layer_weights ==
          std::vector<std::size_t>{0, 0, 1});
    CHECK(read("", "transformer-decoder-autoreg").decoder_cell == DecoderCell::self_attention);
    CHECK(read("transformer-decoder-dim-ffn: 8\n").decoder_ffn_dim == 8);
    CHECK(read("transformer-ffn-activation: swish\n", "transformer-ffn-activation").activation == Activation::silu);

    const auto apart = read("", "tied-embeddings-all").tables;
    CHECK(apart.source == "encoder_Wemb");
    CHECK(apart.target == "decoder_Wemb");
    CHECK(apart.output.empty());   // one of two names, as the file has it
}

TEST_CASE("what is not supported is named") {
    const struct {
        const char* key;
        const char* value;
    } rows[] = {
        {"type", "s2s"},
        {"transformer-preprocess", "n"},
        {"transformer-postprocess", "da"},
        {"transformer-postprocess-emb", "n"},
        {"transformer-postprocess-top", "n"},
        {"transformer-ffn-depth", "3"},
        {"transformer-ffn-activation", "gelu"},
        {"transformer-no-projection", "true"},
        {"transformer-train-position-embeddings", "true"},
        {"transformer-rnn-projection", "true"},
        {"transformer-decoder-autoreg", "average-attention"},
        {"dec-cell", "gru"},
        {"lemma-dim-emb", "8"},
        {"right-left", "true"},
        {"transformer-heads", "3"},
        {"transformer-heads", "0"},
        {"dim-emb", "2"},
        {"dim-emb", "-16"},
        {"dim-emb", "sixteen"},
        {"dim-vocabs", "[40]"},
        {"dim-vocabs", "[40, 40, 40]"},
        {"dim-vocabs", "[40, 41]"},
        {"transformer-tied-layers", "[1, 2]"},
        {"transformer-tied-layers", "[0, 1, 1]"},
        {"transformer-tied-layers", "[1, 1, 4]"},
        {"enc-depth", "0"},
        {"enc-depth", "100000"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.key);
        CAPTURE(row.value);
        expect_error(Status::bad_input, {"model.bin", row.key},
                     [&] { read(std::string(row.key) + ": " + row.value + "\n", row.key); });
    }
    expect_error(Status::bad_input, {"dim-vocabs"}, [] { read("", "dim-vocabs"); });
}

TEST_CASE("a folder's files by their names, or as its settings say") {
    const auto names_of = [](std::initializer_list<const char*> files, const char* settings_text = nullptr) {
        const TemporaryFolder folder;
        for (const char* name : files) folder.write(name, "x");
        if (settings_text) folder.write("config.yml", settings_text);
        const MarianFolder found = find_marian_files(folder.path());
        return found.model.name() + " " + found.source_vocabulary.name() + " " + found.target_vocabulary.name() + " " +
               (found.shortlist ? found.shortlist->name() : "-");
    };
    CHECK(names_of({"model.enpt.intgemm.alphas.bin", "vocab.enpt.spm", "lex.50.50.enpt.s2t.bin", "modelMeta.json"}) ==
          "model.enpt.intgemm.alphas.bin vocab.enpt.spm vocab.enpt.spm lex.50.50.enpt.s2t.bin");
    CHECK(names_of({"model.npz", "srcvocab.enja.spm", "trgvocab.enja.spm"}) ==
          "model.npz srcvocab.enja.spm trgvocab.enja.spm -");
    CHECK(names_of({"model.bin.gz", "vocab.spm.gz", "lex.s2t.bin.gz"}) == "model.bin.gz vocab.spm.gz vocab.spm.gz lex.s2t.bin.gz");
    CHECK(names_of({"model.bin.zst", "vocab.spm.zst"}) == "model.bin.zst vocab.spm.zst vocab.spm.zst -");
    CHECK(names_of({"model.a.bin", "model.b.bin", "vocab.en.spm", "vocab.de.spm"},
                   "models: [model.b.bin]\nvocabs: [vocab.en.spm, vocab.de.spm]\n") ==
          "model.b.bin vocab.en.spm vocab.de.spm -");

    const struct {
        std::initializer_list<const char*> files;
        const char*                        settings;
        const char*                        word;
    } refused[] = {
        {{"vocab.spm"}, nullptr, "model*.bin"},
        {{"model.bin"}, nullptr, "vocab*.spm"},
        {{"model.a.bin", "model.b.bin", "vocab.spm"}, nullptr, "several models"},
        {{"model.bin", "vocab.en.spm", "vocab.de.spm"}, nullptr, "srcvocab.spm"},
        {{"model.bin", "vocab.spm"}, "models: [other.bin]\n", "other.bin"},
        {{"model.bin", "vocab.spm"}, "models: [../model.bin]\n", "not there"},
        {{"model.a.bin", "model.b.bin", "vocab.spm"}, "models: [model.a.bin, model.b.bin]\n", "ensemble"},
        {{"model.bin", "vocab.spm"}, "vocabs: [vocab.spm]\n", "not two"},
        {{"model.bin", "vocab.yml"}, "vocabs: [vocab.yml, vocab.yml]\n", "*.spm"},
        {{"model.bin", "vocab.spm"}, "models: {a: b}\n", "config.yml"},
    };
    for (const auto& row : refused) {
        CAPTURE(row.word);
        expect_error(Status::bad_input, {row.word}, [&] { names_of(row.files, row.settings); });
    }
}

TEST_CASE("a folder of Hugging Face is none of Marian's") {
    const TemporaryFolder folder;
    CHECK_FALSE(is_marian_folder(folder.path()));
    folder.write("model.npz", "x");
    CHECK(is_marian_folder(folder.path()));
    folder.write("config.json", "{}");
    CHECK_FALSE(is_marian_folder(folder.path()));
}

TEST_CASE("settings of translation") {
    const TemporaryFolder folder;
    folder.write("model.bin", "x");
    folder.write("vocab.spm", "x");
    const MarianConfig     model = read();
    const GenerationConfig plain = read_marian_generation(find_marian_files(folder.path()), model, {.end = 3, .unknown = 5});
    CHECK(plain.marian_rules);
    CHECK(plain.num_beams == 1);
    CHECK(plain.length_penalty == 1);
    CHECK(plain.max_length_factor == 3.0);
    CHECK(plain.eos_token_ids == std::vector<std::uint32_t>{3});
    CHECK(plain.bad_words_ids == std::vector<std::vector<std::uint32_t>>{{5}});
    CHECK(plain.decoder_start_token_id == 40);

    folder.write("config.intgemm8bitalpha.yml", "beam-size: 4\nnormalize: 0.6\nword-penalty: 0.25\nmax-length-factor: 2.5\n"
                                                "mini-batch: 64\nshortlist:\n    - lex.bin\n    - false\nallow-unk: true\n");
    const GenerationConfig c = read_marian_generation(find_marian_files(folder.path()), model, {.end = 3, .unknown = 5});
    CHECK(c.num_beams == 4);
    CHECK(c.length_penalty == 0.6);
    CHECK(c.word_penalty == 0.25);
    CHECK(c.max_length_factor == 2.5);
    CHECK(c.bad_words_ids.empty());
}

TEST_CASE("names of weights") {
    const auto marian = [](const char* part, WeightKind kind) {
        return weight_name(WeightNames::marian, Stack::decoder, 1, part, kind);
    };
    CHECK(marian("encoder_attn.q_proj", WeightKind::weight) == "decoder_l2_context_Wq");
    CHECK(marian("rnn.forget", WeightKind::bias) == "decoder_l2_rnn_bf");
    CHECK(marian("final_layer_norm", WeightKind::weight) == "decoder_l2_ffn_ffn_ln_scale");
    CHECK(weight_name(WeightNames::hugging_face, Stack::encoder, 0, "fc1", WeightKind::bias) ==
          "model.encoder.layers.0.fc1.bias");
}
