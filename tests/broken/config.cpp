// Every rule of config.json and generation_config.json, broken alone at its edges.
#include "broken/bench.h"

#include "support/checkpoint_writer.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

struct ConfigCase {
    const char* changes;   // to the tiny configuration
    const char* word;      // of the message, besides file and key; null: just inside the rule, loads
};

// The first key of `changes` is the one that the message must name.
const ConfigCase settings[] = {
    {R"({"is_encoder_decoder":true})", nullptr},
    {R"({"model_type":"bart"})", "\"bart\""},
    {R"({"model_type":"MARIAN"})", "only marian"},
    {R"({"model_type":""})", "missing"},
    {R"({"model_type":null})", "missing"},
    {R"({"model_type":7})", "not a string"},
    {R"({"is_encoder_decoder":false})", "false"},
    {R"({"is_encoder_decoder":1})", "true or false"},
    {R"({"vocab_size":16777216})", nullptr},
    {R"({"vocab_size":0})", "integer from 1"},
    {R"({"vocab_size":-5})", "integer from 1"},
    {R"({"vocab_size":16777217})", "integer from 1 to 16777216"},
    {R"({"vocab_size":18446744073709551616})", "integer"},
    {R"({"vocab_size":12.0})", "integer"},
    {R"({"vocab_size":"12"})", "integer"},
    {R"({"vocab_size":[12]})", "integer"},
    {R"({"vocab_size":true})", "integer"},
    {R"({"decoder_vocab_size":0})", "integer"},
    {R"({"d_model":65536})", nullptr},
    {R"({"d_model":0})", "integer"},
    {R"({"d_model":65537})", "65536"},
    {R"({"d_model":{}})", "integer"},
    {R"({"encoder_attention_heads":1})", nullptr},
    {R"({"encoder_attention_heads":8})", nullptr},
    {R"({"encoder_attention_heads":0})", "integer"},
    {R"({"encoder_attention_heads":3})", "divide"},
    {R"({"encoder_attention_heads":16})", "divide"},
    {R"({"decoder_attention_heads":5})", "divide"},
    {R"({"decoder_attention_heads":-2})", "integer"},
    {R"({"encoder_layers":1})", nullptr},
    {R"({"encoder_layers":1024})", nullptr},
    {R"({"decoder_layers":1024})", nullptr},
    {R"({"encoder_layers":0})", "integer"},
    {R"({"encoder_layers":1025})", "1024"},
    {R"({"decoder_layers":1025})", "1024"},
    {R"({"decoder_layers":1e3})", "integer"},
    {R"({"encoder_ffn_dim":1})", nullptr},
    {R"({"encoder_ffn_dim":65536})", nullptr},
    {R"({"decoder_ffn_dim":65536})", nullptr},
    {R"({"encoder_ffn_dim":0})", "integer"},
    {R"({"encoder_ffn_dim":65537})", "65536"},
    {R"({"decoder_ffn_dim":65537})", "65536"},
    {R"({"max_position_embeddings":1})", nullptr},
    {R"({"max_position_embeddings":65536})", nullptr},
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
    {R"({"pad_token_id":0})", nullptr},
    {R"({"pad_token_id":11})", nullptr},
    {R"({"pad_token_id":12})", "integer from 0 to 11"},
    {R"({"pad_token_id":-1})", "integer"},
    {R"({"pad_token_id":4294967307})", "integer"},   // 11 + 2^32
    {R"({"pad_token_id":null})", "integer"},         // the default, 58100, is not in this vocabulary
    {R"({"decoder_start_token_id":12})", "integer from 0 to 11"},
    {R"({"decoder_start_token_id":"11"})", "integer"},
    {R"({"bos_token_id":12})", "integer"},
    {R"({"eos_token_id":[0,1,11]})", nullptr},
    {R"({"bos_token_id":11})", nullptr},
    {R"({"bos_token_id":null})", nullptr},
    {R"({"eos_token_id":12})", "integer"},
    {R"({"eos_token_id":[]})", "empty"},
    {R"({"length_penalty":-100.5})", "number"},
    {R"({"eos_token_id":[0,12]})", "integer"},
    {R"({"eos_token_id":[[0]]})", "integer"},
    {R"({"eos_token_id":0.5})", "integer"},
    {R"({"architectures":["MarianForCausalLM"]})", "decoder alone"},
    {R"({"model_type":"xlm-roberta"})", "cannot translate"},
    {R"({"model_type":"m2m_100"})", "another architecture"},
    {R"({"num_beams":1})", nullptr},
    {R"({"num_beams":64})", nullptr},
    {R"({"num_beams":0})", "integer from 1"},
    {R"({"num_beams":65})", "64"},
    {R"({"num_beams":2.0})", "integer"},
    {R"({"num_return_sequences":3})", "more than num_beams"},
    {R"({"num_return_sequences":0})", "integer"},
    {R"({"length_penalty":-100})", nullptr},
    {R"({"length_penalty":100})", nullptr},
    {R"({"length_penalty":"1"})", "number"},
    {R"({"length_penalty":1e300})", "number"},
    {R"({"length_penalty":true})", "number"},
    {R"({"early_stopping":"never"})", nullptr},
    {R"({"early_stopping":"always"})", "never"},
    {R"({"early_stopping":1})", "never"},
    {R"({"max_length":1})", nullptr},
    {R"({"max_length":65536})", nullptr},
    {R"({"max_length":0})", "integer from 1"},
    {R"({"max_length":-1})", "integer from 1"},
    {R"({"max_length":65537})", "65536"},
    {R"({"max_length":512.0})", "integer"},
    {R"({"max_new_tokens":0})", "integer"},
    {R"({"max_new_tokens":65537})", "65536"},
    {R"({"min_length":20})", nullptr},
    {R"({"min_length":-1})", "integer"},
    {R"({"min_length":21})", nullptr},   // no longer than max_length in effect
    {R"({"min_length":65537})", "65536"},
    {R"({"min_new_tokens":-1})", "integer"},
    {R"({"no_repeat_ngram_size":65536})", nullptr},
    {R"({"no_repeat_ngram_size":-1})", "integer"},
    {R"({"no_repeat_ngram_size":65537})", "65536"},
    {R"({"renormalize_logits":1})", "true or false"},
    {R"({"bad_words_ids":[]})", nullptr},
    {R"({"bad_words_ids":[[11,0]]})", nullptr},
    {R"({"bad_words_ids":5})", "list"},
    {R"({"bad_words_ids":[5]})", "list"},
    {R"({"bad_words_ids":[[]]})", "list"},
    {R"({"bad_words_ids":[[12]]})", "integer"},
    {R"({"bad_words_ids":[["a"]]})", "integer"},
    {R"({"bad_words_ids":{"a":[1]}})", "list"},
    {R"({"forced_bos_token_id":11})", nullptr},
    {R"({"forced_eos_token_id":11})", nullptr},
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


namespace {

std::string list(std::size_t count, const char* item) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) text += (i ? "," : "") + std::string(item);
    return text + "]";
}

// The tiny configuration with one more setting, which nobody reads.
std::string with(const std::string& value) {
    std::string text = tiny_marian_config().dump();
    text.insert(1, R"("unread":)" + value + ",");
    return text;
}

}   // namespace

TEST_CASE("settings that break a rule are refused with file and key") {
    Bench bench(format("config"));
    for (const ConfigCase& row : settings) {
        const Json changes = Json::parse(row.changes);
        Json       config  = tiny_marian_config();
        config.update(changes);
        const Outcome outcome = bench.expect(row.changes, config.dump(), row.word);
        if (row.word) CHECK(outcome.message.find(changes.begin().key()) != std::string::npos);
    }
}

TEST_CASE("settings of generation that break a rule are refused with file and key") {
    Bench bench(format("generation"));
    bench.expect("nothing", "{}", nullptr);
    bench.expect("a list", "[]", "object");
    bench.expect("no beams", R"({"num_beams":0})", "num_beams");
    bench.expect("64 beams", R"({"num_beams":64})", nullptr);
    bench.expect("65 beams", R"({"num_beams":65})", "num_beams");
    bench.expect("64 end tokens", "{\"eos_token_id\":" + list(64, "1") + "}", nullptr);
    bench.expect("65 end tokens", "{\"eos_token_id\":" + list(65, "1") + "}", "more than 64");
    bench.expect("many bad words", "{\"bad_words_ids\":" + list(120'000, "[1]") + "}", nullptr);
}

TEST_CASE("a config.json that is no object of settings is refused") {
    Bench bench(format("config"));
    for (const char* text : broken_json) bench.expect(text, text, "config.json");
}

TEST_CASE("a config.json that is large or deep is refused in time and memory") {
    Bench bench(format("config"));
    bench.expect("8 levels", with("[[[[[[[1]]]]]]]"), nullptr);
    bench.expect("9 levels", with("[[[[[[[[1]]]]]]]]"), "deeper");
    bench.expect("100,000 levels", with(std::string(100'000, '[')), "deeper");
    bench.expect("262,000 values", with(list(262'000, "0")), nullptr);
    bench.expect("262,144 values", with(list(262'144, "0")), "values of JSON");
    bench.expect("300,000 objects", with(list(300'000, "{}")), "values of JSON");
    bench.expect("names and texts", with(list(60'000, R"({"a":"0123456789abcdef0123456789abcdef"})")), nullptr);
    bench.expect("a string of 1 MiB", with('"' + std::string(1'000'000, 's') + '"'), nullptr);
    bench.expect("a string of more", with('"' + std::string(1u << 20, 's') + '"'), "over 1 MiB");
    bench.expect("a number of more", with(std::string(2'000'000, '1')), "over 1 MiB");
    bench.expect("8 MiB", with(std::string(1'000, ' ') + list(8, ('"' + std::string(1'000'000, 's') + '"').c_str())),
                 nullptr);
    bench.expect("over 8 MiB", with(std::string(9'000'000, ' ') + "0"), "more than the 8388608");
}
