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

struct RefusedCase {
    const char* changes;   // to the tiny configuration
    const char* word;      // of the message, besides file and key
};

// The first key of `changes` is the one that the message must name.
const RefusedCase refused[] = {
    {R"({"model_type":"bart"})", "\"bart\""},
    {R"({"model_type":"MARIAN"})", "only marian"},
    {R"({"model_type":""})", "missing"},
    {R"({"model_type":null})", "missing"},
    {R"({"model_type":7})", "not a string"},
    {R"({"is_encoder_decoder":false})", "false"},
    {R"({"is_encoder_decoder":1})", "true or false"},
    {R"({"vocab_size":0})", "integer from 1"},
    {R"({"vocab_size":-5})", "integer from 1"},
    {R"({"vocab_size":16777217})", "integer from 1 to 16777216"},
    {R"({"vocab_size":18446744073709551616})", "integer"},
    {R"({"vocab_size":12.0})", "integer"},
    {R"({"vocab_size":"12"})", "integer"},
    {R"({"vocab_size":[12]})", "integer"},
    {R"({"vocab_size":true})", "integer"},
    {R"({"decoder_vocab_size":0})", "integer"},
    {R"({"d_model":0})", "integer"},
    {R"({"d_model":65537})", "65536"},
    {R"({"d_model":{}})", "integer"},
    {R"({"encoder_attention_heads":0})", "integer"},
    {R"({"encoder_attention_heads":3})", "divide"},
    {R"({"encoder_attention_heads":16})", "divide"},
    {R"({"decoder_attention_heads":5})", "divide"},
    {R"({"decoder_attention_heads":-2})", "integer"},
    {R"({"encoder_layers":0})", "integer"},
    {R"({"encoder_layers":1025})", "1024"},
    {R"({"decoder_layers":1025})", "1024"},
    {R"({"decoder_layers":1e3})", "integer"},
    {R"({"encoder_ffn_dim":0})", "integer"},
    {R"({"encoder_ffn_dim":65537})", "65536"},
    {R"({"decoder_ffn_dim":65537})", "65536"},
    {R"({"max_position_embeddings":0})", "integer"},
    {R"({"max_position_embeddings":65537})", "65536"},
    {R"({"activation_function":"tanh"})", "\"tanh\""},
    {R"({"activation_function":5})", "not a string"},
    {R"({"scale_embedding":"true"})", "true or false"},
    {R"({"scale_embedding":1})", "true or false"},
    {R"({"tie_word_embeddings":0})", "true or false"},
    {R"({"share_encoder_decoder_embeddings":[]})", "true or false"},
    {R"({"torch_dtype":16})", "not a string"},
    {R"({"dtype":{}})", "not a string"},
    {R"({"pad_token_id":12})", "integer from 0 to 11"},
    {R"({"pad_token_id":-1})", "integer"},
    {R"({"pad_token_id":4294967307})", "integer"},   // 11 + 2^32
    {R"({"pad_token_id":null})", "integer"},         // the default, 58100, is not in this vocabulary
    {R"({"decoder_start_token_id":12})", "integer from 0 to 11"},
    {R"({"decoder_start_token_id":"11"})", "integer"},
    {R"({"bos_token_id":12})", "integer"},
    {R"({"eos_token_id":12})", "integer"},
    {R"({"eos_token_id":[]})", "empty"},
    {R"({"eos_token_id":[0,12]})", "integer"},
    {R"({"eos_token_id":[[0]]})", "integer"},
    {R"({"eos_token_id":0.5})", "integer"},
    {R"({"num_beams":0})", "integer from 1"},
    {R"({"num_beams":65})", "64"},
    {R"({"num_beams":2.0})", "integer"},
    {R"({"num_return_sequences":3})", "more than num_beams"},
    {R"({"num_return_sequences":0})", "integer"},
    {R"({"length_penalty":"1"})", "number"},
    {R"({"length_penalty":1e300})", "number"},
    {R"({"length_penalty":true})", "number"},
    {R"({"early_stopping":"always"})", "never"},
    {R"({"early_stopping":1})", "never"},
    {R"({"max_length":0})", "integer from 1"},
    {R"({"max_length":-1})", "integer from 1"},
    {R"({"max_length":65537})", "65536"},
    {R"({"max_length":512.0})", "integer"},
    {R"({"max_new_tokens":0})", "integer"},
    {R"({"max_new_tokens":65537})", "65536"},
    {R"({"min_length":-1})", "integer"},
    {R"({"min_length":21})", "more than max_length"},
    {R"({"no_repeat_ngram_size":-1})", "integer"},
    {R"({"no_repeat_ngram_size":65537})", "65536"},
    {R"({"repetition_penalty":0})", "number"},
    {R"({"repetition_penalty":-1.5})", "number"},
    {R"({"repetition_penalty":[]})", "number"},
    {R"({"renormalize_logits":1})", "true or false"},
    {R"({"bad_words_ids":5})", "list"},
    {R"({"bad_words_ids":[5]})", "list"},
    {R"({"bad_words_ids":[[]]})", "list"},
    {R"({"bad_words_ids":[[12]]})", "integer"},
    {R"({"bad_words_ids":[["a"]]})", "integer"},
    {R"({"bad_words_ids":{"a":[1]}})", "list"},
    {R"({"forced_bos_token_id":12})", "integer"},
    {R"({"forced_eos_token_id":12})", "integer"},
    {R"({"forced_eos_token_id":"0"})", "integer"},
};

const char* broken_json[] = {"",
                             "{",
                             "[]",
                             "7",
                             "null",
                             "\"marian\"",
                             "{\"model_type\":\"marian\",\"model_type\":\"bart\"}",
                             "{\"a\":NaN}",
                             "{\"a\":[[[[[[[[1]]]]]]]]}",
                             "{\"a\":\"\xFF\"}"};

}   // namespace

TEST_CASE("settings that break a rule are refused with file and key") {
    const TemporaryFolder folder;
    for (const RefusedCase& row : refused) {
        CAPTURE(std::string(row.changes));
        const Json changes = Json::parse(row.changes);
        Json       config  = tiny_marian_config();
        config.update(changes);
        expect_error(Status::bad_input, {"config.json", changes.begin().key(), row.word},
                     [&] { read_generation(folder, config); });
    }
}

TEST_CASE("a generation_config.json that breaks a rule is named") {
    const TemporaryFolder folder;
    folder.write("generation_config.json", R"({"num_beams":0})");
    expect_error(Status::bad_input, {"generation_config.json", "num_beams"},
                 [&] { read_generation(folder, tiny_marian_config()); });
    folder.write("generation_config.json", "[]");
    expect_error(Status::bad_input, {"generation_config.json", "object"},
                 [&] { read_generation(folder, tiny_marian_config()); });
}

TEST_CASE("a config.json that is no object of settings, or missing, is refused") {
    const TemporaryFolder folder;
    expect_error(Status::bad_input, {"config.json", "missing"}, [&] { read_marian_config(folder.path()); });
    for (const char* text : broken_json) {
        CAPTURE(std::string(text));
        folder.write("config.json", text);
        expect_error(Status::bad_input, {"config.json"}, [&] { read_marian_config(folder.path()); });
    }
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
    CHECK(g.forced_eos_token_ids == std::vector<std::uint32_t>{0});
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

TEST_CASE("generation_config.json wins over config.json, key by key") {
    const TemporaryFolder folder;
    folder.write("generation_config.json",
                 R"({"num_beams":4,"num_return_sequences":null,"length_penalty":0.5,"early_stopping":"never",
        "eos_token_id":[0,3],"bad_words_ids":[[11],[1,2]],"max_new_tokens":7,"repetition_penalty":1.5,"renormalize_logits":true,
        "forced_bos_token_id":5,"forced_eos_token_id":[3],"no_repeat_ngram_size":3})");
    const GenerationConfig g =
        read_generation(folder, tiny_marian_config({{"length_penalty", 2.0}, {"num_return_sequences", 2}}));
    CHECK(g.num_beams == 4);
    CHECK(g.num_return_sequences == 2);   // null there: asked for in config.json
    CHECK(g.length_penalty == 0.5);
    CHECK(g.early_stopping == EarlyStopping::never);
    CHECK(g.eos_token_ids == std::vector<std::uint32_t>{0, 3});
    CHECK(g.bad_words_ids == std::vector<std::vector<std::uint32_t>>{{11}, {1, 2}});
    CHECK(g.max_new_tokens == 7);
    CHECK(g.max_length == 20);
    CHECK(g.repetition_penalty == 1.5);
    CHECK(g.renormalize_logits);
    CHECK(g.forced_bos_token_id == 5);
    CHECK(g.forced_eos_token_ids == std::vector<std::uint32_t>{3});
    CHECK(g.no_repeat_ngram_size == 3);
    CHECK(g.decoder_start_token_id == 11);
    CHECK(g.pad_token_id == 11);
}

TEST_CASE("an end token is forced if told so, or if nothing is said anywhere") {
    const TemporaryFolder folder;
    using Ids = std::vector<std::uint32_t>;
    CHECK(read_generation(folder, tiny_marian_config()).forced_eos_token_ids == Ids{0});
    CHECK(read_generation(folder, tiny_marian_config({{"forced_eos_token_id", nullptr}, {"eos_token_id", 3}}))
              .forced_eos_token_ids == Ids{3});
    Json none                   = tiny_marian_config();
    none["forced_eos_token_id"] = nullptr;   // said: none
    CHECK(read_generation(folder, none).forced_eos_token_ids.empty());
    folder.write("generation_config.json", "{}");
    CHECK(read_generation(folder, tiny_marian_config({{"forced_eos_token_id", nullptr}})).forced_eos_token_ids.empty());
}

TEST_CASE("early stopping is false, true or never") {
    const TemporaryFolder folder;
    CHECK(read_generation(folder, tiny_marian_config({{"early_stopping", true}})).early_stopping == EarlyStopping::yes);
    CHECK(read_generation(folder, tiny_marian_config({{"early_stopping", false}})).early_stopping == EarlyStopping::no);
    CHECK(read_generation(folder, tiny_marian_config({{"early_stopping", "never"}})).early_stopping ==
          EarlyStopping::never);
    CHECK(read_generation(folder, tiny_marian_config()).early_stopping == EarlyStopping::no);
}
