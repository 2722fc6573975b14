// Random tiny models of many configurations: device and oracle search the same translations.
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace attune;
using test::TemporaryFolder;

namespace {

const Json configurations[] = {
    Json::object(),
    {{"encoder_attention_heads", 1}, {"decoder_attention_heads", 4}},
    {{"d_model", 12}, {"encoder_attention_heads", 3}, {"decoder_attention_heads", 12}, {"activation_function", "relu"}},
    {{"d_model", 20},
     {"encoder_attention_heads", 4},
     {"encoder_ffn_dim", 7},
     {"decoder_ffn_dim", 33},
     {"activation_function", "gelu"}},
    {{"d_model", 7}, {"encoder_attention_heads", 7}, {"decoder_attention_heads", 1}, {"scale_embedding", false}},
    {{"encoder_layers", 1}, {"decoder_layers", 3}, {"activation_function", "gelu_new"}},
    {{"encoder_layers", 3},
     {"decoder_layers", 2},
     {"vocab_size", 40},
     {"decoder_vocab_size", 40},
     {"pad_token_id", 39},
     {"decoder_start_token_id", 39},
     {"bad_words_ids", Json::array({Json::array({39})})}},
    {{"min_length", 5}, {"no_repeat_ngram_size", 2}, {"num_beams", 3}},
    {{"num_beams", 4}, {"renormalize_logits", true}},
    {{"num_beams", 4}, {"length_penalty", 0.5}, {"early_stopping", true}},
};

}  // namespace

TEST_CASE("random models: device and oracle agree") {
    const std::size_t every = test::takes_few_rows() ? 3 : 1;
    std::size_t       compared = 0;
    for (std::size_t c = 0; c < std::size(configurations); c += every) {
        const Json& changes = configurations[c];
        CAPTURE(changes.dump());
        TemporaryFolder folder;
        test::write_tiny_model(folder, changes);
        Translator               translator(test::main_device(), folder.path(), {.batch_rows = 16});
        Translator               oracle     = Translator::on_oracle(folder.path());
        const std::size_t        vocabulary = changes.value("vocab_size", std::size_t{12});
        std::vector<std::string> lines;
        for (std::uint32_t i = 0; i < 12; ++i) lines.push_back(test::tiny_text(1 + i * 2 % 17, i, vocabulary));
        const auto results = translator.translate(lines), expected = oracle.translate(lines);
        for (std::size_t i = 0; i < lines.size(); ++i, ++compared) {
            CHECK(results[i].hypotheses[0].tokens == expected[i].hypotheses[0].tokens);
            CHECK(std::abs(results[i].hypotheses[0].score - expected[i].hypotheses[0].score) <
                  1e-4 * (1 + std::abs(expected[i].hypotheses[0].score)));
        }
    }
    CHECK(compared >= 100 / every);
}

TEST_CASE("two passes give the same bits") {
    TemporaryFolder folder;
    test::write_tiny_model(folder);
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < 40; ++i) lines.push_back(test::tiny_text(1 + i % 19, i));
    Translator first(test::main_device(), folder.path()),
        second(test::main_device(), folder.path(), {.batch_tokens = 64, .batch_rows = 6});
    const auto a = first.translate(lines), b = first.translate(lines), c = second.translate(lines);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        CHECK(a[i].hypotheses[0].score == b[i].hypotheses[0].score);
        CHECK(a[i].hypotheses[0].score == c[i].hypotheses[0].score);
        CHECK(a[i].hypotheses[0].tokens == c[i].hypotheses[0].tokens);
    }
}

TEST_CASE("as wide as opus-mt tc-big: 1,024, 16 heads, f16 weights, special ids in odd places") {
    const TemporaryFolder      folder;
    const test::TinyVocabulary vocabulary{.size = 12, .end = 7, .unknown = 3, .pad = 11, .prefix = {}};
    const Json                 config = test::tiny_marian_config({{"d_model", 1024},
                                                                  {"encoder_layers", 1},
                                                                  {"encoder_attention_heads", 16},
                                                                  {"decoder_attention_heads", 16},
                                                                  {"encoder_ffn_dim", 64},
                                                                  {"decoder_ffn_dim", 64},
                                                                  {"eos_token_id", 7},
                                                                  {"forced_eos_token_id", 7},
                                                                  {"max_length", 8}});
    test::write_marian_folder(folder.path(), config, test::tiny_marian_tensors(config), test::WeightFiles::torch,
                              Type::f16);
    test::write_tiny_tokenizer(folder, vocabulary);
    const std::vector<std::string> lines = {vocabulary.text({4, 0, 10, 5, 2}), vocabulary.text({1, 1, 9})};
    Translator device(test::main_device(), folder.path()), oracle = Translator::on_oracle(folder.path());
    const auto results = device.translate(lines), expected = oracle.translate(lines);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        CHECK(results[i].source_tokens.back() == 7);
        CHECK(results[i].hypotheses[0].tokens.size() >= 1);
        CHECK(results[i].hypotheses[0].tokens == expected[i].hypotheses[0].tokens);
        CHECK(std::abs(results[i].hypotheses[0].score - expected[i].hypotheses[0].score) <
              1e-3 * (1 + std::abs(expected[i].hypotheses[0].score)));
    }
}
