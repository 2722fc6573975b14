#include "models/marian_native_weights.h"

#include "models/marian.h"
#include "models/marian_folder.h"
#include "support/expect_error.h"
#include "support/marian_writer.h"
#include "support/tiny_student.h"

#include <algorithm>
#include <cmath>

using namespace attune;
using namespace attune::test;

namespace {

struct Opened {
    MarianConfig                           config;
    std::unique_ptr<marian::NativeWeights> weights;
};

Opened open_student(const TemporaryFolder& folder, const TinyStudent& student, const NamedTensors& tensors) {
    auto   file = open_marian_file(folder.write("model.bin", marian_bin(tensors, tiny_student_settings(student))));
    Opened opened{.config = read_marian_model_settings(file->settings_text(), "model.bin"), .weights = nullptr};
    opened.weights       = std::make_unique<marian::NativeWeights>(std::move(file), opened.config);
    opened.config.tables = opened.weights->tables();
    opened.config.int8   = opened.weights->int8();
    return opened;
}

std::vector<Graph> graphs_of(const MarianConfig& config) {
    std::vector<Graph> graphs;
    graphs.push_back(marian::encoder(config, {.memory_tokens = 1, .rows = 1}, {.tokens = 1, .blocks = 1}));
    graphs.push_back(marian::decoder_step(config, {.memory_tokens = 1, .rows = 1}, {.rows = 1, .capacity = 1}));
    return graphs;
}

Tensor& named(NamedTensors& tensors, const std::string& name) {
    return std::ranges::find(tensors, name, &NamedTensors::value_type::first)->second;
}

}   // namespace

TEST_CASE("sinusoids of Marian: all sines, then all cosines, the last period 10,000") {
    const Tensor table  = marian::native_sinusoids(3, 8);
    const auto   values = table.as<float>();
    for (std::uint64_t p = 0; p < 3; ++p)
        for (std::uint64_t j = 0; j < 4; ++j) {
            const double angle = static_cast<double>(p) * std::pow(10000.0, -static_cast<double>(j) / 3);
            CHECK(std::abs(values[p * 8 + j] - std::sin(angle)) < 1e-6);
            CHECK(std::abs(values[p * 8 + 4 + j] - std::cos(angle)) < 1e-6);
        }
}

TEST_CASE("matrices are turned round, tables and vectors are not") {
    const TemporaryFolder folder;
    const TinyStudent     student{.width = 8, .heads = 2, .ffn = 12, .encoder_layers = 1, .decoder_layers = 1};
    NamedTensors          tensors = tiny_student_tensors(student);
    const auto            stored  = named(tensors, "encoder_l1_ffn_W1").doubles();   // [8, 12]
    const Opened          opened  = open_student(folder, student, tensors);
    auto&                 weights = *opened.weights;

    REQUIRE(weights.find("encoder_l1_ffn_W1"));
    CHECK(weights.find("encoder_l1_ffn_W1")->shape == Shape{12, 8});
    const auto turned = weights.at("encoder_l1_ffn_W1").doubles();
    for (std::size_t in = 0; in < 8; ++in)
        for (std::size_t out = 0; out < 12; ++out) CHECK(turned[out * 8 + in] == stored[in * 12 + out]);
    CHECK(weights.find("Wemb")->shape == Shape{12, 8});
    CHECK(weights.at("Wemb").doubles() == named(tensors, "Wemb").doubles());
    CHECK(weights.find("encoder_l1_ffn_b1")->shape == Shape{12});
    CHECK(weights.at("output_bias").doubles() == named(tensors, "decoder_ff_logit_out_b").doubles());
    CHECK(weights.at("no_bias").doubles() == std::vector<double>(8));
    CHECK(weights.int8().empty());
    CHECK(weights.find("decoder_l1_self_Wq") == nullptr);
    weights.expect(graphs_of(opened.config));
    CHECK(weights.unused(graphs_of(opened.config)).empty());
}

TEST_CASE("8-bit matrices are the same numbers, and alphas are left over") {
    const TemporaryFolder folder;
    const TinyStudent     student{.width = 8, .heads = 2, .ffn = 12, .encoder_layers = 1, .decoder_layers = 1};
    NamedTensors          tensors = quantized(tiny_student_tensors(student));
    const auto            stored  = named(tensors, "decoder_l1_rnn_Wf").doubles();
    const Opened          opened  = open_student(folder, student, with_alphas(tensors));
    CHECK(opened.config.int8.contains("decoder_l1_rnn_Wf"));
    CHECK(opened.config.int8.contains("Wemb"));
    CHECK_FALSE(opened.config.int8.contains("decoder_l1_rnn_bf"));
    const auto turned = opened.weights->at("decoder_l1_rnn_Wf").doubles();
    for (std::size_t in = 0; in < 8; ++in)
        for (std::size_t out = 0; out < 8; ++out) CHECK(std::abs(turned[out * 8 + in] - stored[in * 8 + out]) < 1e-6);
    opened.weights->expect(graphs_of(opened.config));
    const auto unused = opened.weights->unused(graphs_of(opened.config));
    REQUIRE(unused.size() == 1);
    CHECK(unused[0].names.size() == opened.config.int8.size() + 1);   // none_QuantMultA too
}

TEST_CASE("weights that are missing or of another shape are named") {
    const TinyStudent student{.width = 8, .heads = 2, .ffn = 12, .encoder_layers = 1, .decoder_layers = 1};
    const struct {
        const char* name;
        Tensor      instead;   // empty: missing
        const char* word;
    } rows[] = {
        {"Wemb", {}, "missing"},
        {"Wemb", Tensor({Type::f32, {11, 8}}), "[11, 8]"},
        {"decoder_l1_rnn_W", {}, "missing"},
        {"decoder_l1_rnn_W", Tensor({Type::f32, {8, 7}}), "[7, 8]"},
        {"decoder_l1_rnn_bf", Tensor({Type::f32, {1, 9}}), "[9]"},
        {"decoder_l1_context_Wo_ln_scale", {}, "missing"},
        {"decoder_ff_logit_out_b", Tensor({Type::f32, {1, 13}}), "12 tokens"},
        {"encoder_l1_self_Wk", Tensor({Type::f32, {64}}), "[64]"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const TemporaryFolder folder;
        NamedTensors          tensors = tiny_student_tensors(student);
        if (row.instead.desc().shape.rank() > 0)
            named(tensors, row.name) = row.instead;
        else
            std::erase_if(tensors, [&](const auto& one) { return one.first == row.name; });
        expect_error(Status::bad_input, {row.name, row.word}, [&] {
            const Opened opened = open_student(folder, student, tensors);
            opened.weights->expect(graphs_of(opened.config));
        });
    }
}
