#include "models/marian_config.h"

#include "support/checkpoint_writer.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

using namespace attune;
using namespace attune::test;

namespace {

MarianConfig read(const TemporaryFolder& folder, const Json& config) {
    folder.write("config.json", config.dump());
    return read_marian_config(folder.path());
}

GenerationConfig read_generation(const TemporaryFolder& folder, const Json& config) {
    return read_generation_config(folder.path(), read(folder, config));
}

}   // namespace

TEST_CASE("a config.json that is missing is refused") {
    const TemporaryFolder folder;
    expect_error(Status::bad_input, {"config.json", "missing"}, [&] { read_marian_config(folder.path()); });
}

TEST_CASE("absent and null settings are transformers' defaults") {
    const TemporaryFolder folder;
    for (const Json& config : {Json{{"model_type", "marian"}}, Json{{"model_type", "marian"},
                                                                    {"d_model", nullptr},
                                                                    {"scale_embedding", nullptr},
                                                                    {"decoder_vocab_size", nullptr}}}) {
        const MarianConfig c = read(folder, config);
        CHECK(c.vocab_size == 58'101);
        CHECK(c.decoder_vocab_size == 58'101);
        CHECK(c.d_model == 1024);
        CHECK(c.encoder_layers == 12);
        CHECK(c.decoder_attention_heads == 16);
        CHECK(c.decoder_ffn_dim == 4096);
        CHECK(c.activation == Activation::gelu);
        CHECK_FALSE(c.scale_embedding);
        CHECK(c.tie_word_embeddings);
        CHECK(c.share_encoder_decoder_embeddings);
        CHECK(c.pad_token_id == 58'100);
        CHECK(c.decoder_start_token_id == 58'100);
        CHECK(c.eos_token_ids == std::vector<std::uint32_t>{0});
        CHECK_FALSE(c.bos_token_id.has_value());
        CHECK_FALSE(c.stored_type.has_value());
    }
    const GenerationConfig g = read_generation(folder, {{"model_type", "marian"}});
    CHECK(g.num_beams == 1);
    CHECK(g.length_penalty == 1);
    CHECK_FALSE(g.max_length.has_value());
    CHECK(g.bad_words_ids.empty());
    CHECK(g.forced_eos_token_ids.empty());
    CHECK(g.eos_token_ids.empty());
    CHECK(g.unsupported.empty());
}

TEST_CASE("every activation that transformers names is known") {
    const std::pair<const char*, Activation> rows[] = {
        {"relu", Activation::relu},          {"gelu", Activation::gelu},
        {"gelu_new", Activation::gelu_tanh}, {"gelu_pytorch_tanh", Activation::gelu_tanh},
        {"swish", Activation::silu},         {"silu", Activation::silu},
    };
    const TemporaryFolder folder;
    for (const auto& [name, activation] : rows)
        CHECK(read(folder, tiny_marian_config({{"activation_function", name}})).activation == activation);
}

TEST_CASE("the stored type is found under its old and its new name") {
    const TemporaryFolder folder;
    CHECK(read(folder, tiny_marian_config({{"torch_dtype", "float16"}})).stored_type == Type::f16);
    CHECK(read(folder, tiny_marian_config({{"dtype", "bfloat16"}})).stored_type == Type::bf16);
    CHECK(read(folder, tiny_marian_config({{"dtype", "float32"}, {"torch_dtype", "float16"}})).stored_type ==
          Type::f32);
    CHECK_FALSE(read(folder, tiny_marian_config({{"dtype", "auto"}})).stored_type.has_value());
}

TEST_CASE("separate vocabularies keep their own sizes, shared ones have one") {
    const TemporaryFolder folder;
    const Json            separate = {
                   {"share_encoder_decoder_embeddings", false}, {"decoder_vocab_size", 20}, {"pad_token_id", 19}};
    const MarianConfig c = read(folder, tiny_marian_config(separate));
    CHECK(c.vocab_size == 12);
    CHECK(c.decoder_vocab_size == 20);
    CHECK(c.pad_token_id == 19);
    CHECK(read(folder, tiny_marian_config({{"decoder_vocab_size", 20}})).decoder_vocab_size == 12);
}

TEST_CASE("where there is a generation_config.json, config.json says nothing about generation") {
    const TemporaryFolder folder;
    folder.write("generation_config.json",
                 R"({"num_beams":4,"num_return_sequences":null,"length_penalty":0.5,"early_stopping":"never",
        "eos_token_id":[0,3],"bad_words_ids":[[11],[1,2]],"max_new_tokens":7,"renormalize_logits":true,
        "forced_bos_token_id":5,"forced_eos_token_id":[3],"no_repeat_ngram_size":3,"min_new_tokens":2,"pad_token_id":9})");
    const Json config = tiny_marian_config(
        {{"length_penalty", 2.0}, {"num_return_sequences", 2}, {"min_length", 5}, {"repetition_penalty", 2.0}});
    const GenerationConfig g = read_generation(folder, config);
    CHECK(g.num_beams == 4);
    CHECK(g.num_return_sequences == 1);   // null there: the default
    CHECK(g.length_penalty == 0.5);
    CHECK(g.early_stopping == EarlyStopping::never);
    CHECK(g.eos_token_ids == std::vector<std::uint32_t>{0, 3});
    CHECK(g.bad_words_ids == std::vector<std::vector<std::uint32_t>>{{11}, {1, 2}});
    CHECK(g.max_new_tokens == 7);
    CHECK_FALSE(g.max_length.has_value());
    CHECK(g.min_length == 0);
    CHECK(g.min_new_tokens == 2);
    CHECK(g.renormalize_logits);
    CHECK(g.forced_bos_token_id == 5);
    CHECK(g.forced_eos_token_ids == std::vector<std::uint32_t>{3});
    CHECK(g.no_repeat_ngram_size == 3);
    CHECK(g.decoder_start_token_id == 11);   // of the model: the file names neither start nor bos
    CHECK(g.pad_token_id == 9);
    CHECK(g.unsupported.empty());
}

TEST_CASE("settings of both files and what became of them") {
    const TemporaryFolder folder;
    folder.write("config.json", tiny_marian_config({{"length_penalty", 2.0}}).dump());
    folder.write("generation_config.json", R"({"num_beams":4,"eos_token_id":0,"max_length":20})");
    std::map<std::string, GenerationSetting> by_key;
    for (const GenerationSetting& setting : generation_settings(folder.path())) by_key[setting.key] = setting;
    CHECK(by_key["num_beams"].value == "4");
    CHECK(by_key["num_beams"].file == "generation_config.json");
    CHECK(by_key["num_beams"].overrun == "2");
    CHECK(by_key["length_penalty"].value == "none");
    CHECK(by_key["length_penalty"].overrun == "2.0");
    CHECK(by_key["max_length"].overrun == "");   // both say the same
    CHECK_FALSE(by_key.contains("d_model"));
}

TEST_CASE("settings that are not supported are all named, those at rest are not") {
    const TemporaryFolder folder;
    const Json at_rest = {{"do_sample", false}, {"repetition_penalty", 1.0}, {"encoder_no_repeat_ngram_size", 0},
                          {"diversity_penalty", 0.0}, {"num_beam_groups", 1}, {"suppress_tokens", Json::array()},
                          {"temperature", 0.7}, {"top_k", 50}, {"stop_strings", nullptr}};
    CHECK(read_generation(folder, tiny_marian_config(at_rest)).unsupported.empty());
    const Json busy = {{"do_sample", true}, {"repetition_penalty", 1.2}, {"suppress_tokens", {3, 4}},
                       {"sequence_bias", Json::array({Json::array({Json::array({3}), -1.5})})}};
    CHECK(read_generation(folder, tiny_marian_config(busy)).unsupported ==
          std::vector<std::string>{"do_sample true", "repetition_penalty 1.2", "sequence_bias [[[3],-1.5]]",
                                   "suppress_tokens [3,4]"});
}

TEST_CASE("an end token is forced only if the file says so") {
    const TemporaryFolder folder;
    using Ids = std::vector<std::uint32_t>;
    CHECK(read_generation(folder, tiny_marian_config()).forced_eos_token_ids == Ids{0});
    CHECK(read_generation(folder, tiny_marian_config({{"forced_eos_token_id", nullptr}})).forced_eos_token_ids.empty());
    Json none                   = tiny_marian_config();
    none["forced_eos_token_id"] = nullptr;
    CHECK(read_generation(folder, none).forced_eos_token_ids.empty());
    folder.write("generation_config.json", "{}");
    CHECK(read_generation(folder, tiny_marian_config()).forced_eos_token_ids.empty());
    CHECK(read_generation(folder, tiny_marian_config()).eos_token_ids.empty());
}

TEST_CASE("a start token: decoder_start_token_id, else bos_token_id") {
    const TemporaryFolder folder;
    folder.write("generation_config.json", R"({"decoder_start_token_id":7,"bos_token_id":5})");
    CHECK(read_generation(folder, tiny_marian_config()).decoder_start_token_id == 7);
    folder.write("generation_config.json", R"({"bos_token_id":5,"eos_token_id":[4,0]})");
    CHECK(read_generation(folder, tiny_marian_config()).decoder_start_token_id == 5);
    CHECK(read_generation(folder, tiny_marian_config()).pad_token_id == 4);   // the first end token
}

TEST_CASE("early stopping is false, true or never") {
    const TemporaryFolder folder;
    CHECK(read_generation(folder, tiny_marian_config({{"early_stopping", true}})).early_stopping == EarlyStopping::yes);
    CHECK(read_generation(folder, tiny_marian_config({{"early_stopping", false}})).early_stopping == EarlyStopping::no);
    CHECK(read_generation(folder, tiny_marian_config({{"early_stopping", "never"}})).early_stopping ==
          EarlyStopping::never);
    CHECK(read_generation(folder, tiny_marian_config()).early_stopping == EarlyStopping::no);
}
