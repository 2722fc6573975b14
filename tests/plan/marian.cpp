// The plans of the shipped architecture: what the bars of a decode step are held against.
#include "models/marian.h"
#include "plan/planning.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace attune::test {
namespace {

MarianConfig config_of(std::uint64_t layers) {
    MarianConfig config;
    config.vocab_size = config.decoder_vocab_size = 8000;
    config.d_model = 256;
    config.encoder_layers = config.decoder_layers = layers;
    config.encoder_attention_heads = config.decoder_attention_heads = 8;
    config.encoder_ffn_dim = config.decoder_ffn_dim = 1024;
    config.activation = Activation::silu;
    return config;
}

constexpr marian::Capacity capacity{.memory_tokens = 2048, .rows = 128};

std::size_t dispatches(const Graph& graph, const DeviceTraits& traits, const RunOptions& options) { return plan_of(rewrite(graph, options), traits).dispatches.size(); }

}  // namespace

TEST_CASE("a decoder layer takes few dispatches per step") {
    for (const DeviceTraits& traits : {DeviceTraits{}, cpu_traits(4), cpu_traits(8), cpu_traits(16)})
        for (const Precision precision : {Precision::f32, Precision::f16})
            for (const std::uint64_t beams : {1u, 4u}) {
                CAPTURE(traits.subgroup_size);
                CAPTURE(traits.name);
                CAPTURE(beams);
                const marian::StepShape shape{.rows = 8 * beams, .capacity = 64, .beams = beams, .candidates = 2 * beams};
                const auto              steps = [&](std::uint64_t layers) { return dispatches(marian::decoder_step(config_of(layers), capacity, shape), traits, {.precision = precision}); };
                const std::size_t       layer = steps(2) - steps(1);
                CHECK(layer == (traits.is_cpu || beams == 1 ? 8 : 12));   // of more rows, GPUs' tiles have norms and appends apart
                CHECK(steps(1) - layer <= 10);   // and around the layers
            }
}

TEST_CASE("a recurrent decoder layer takes no more, and one of a device that refuses what is fused takes four more") {
    const marian::StepShape shape{.rows = 8, .capacity = 64, .candidates = 2};
    const auto              layer = [&](DecoderCell cell, DeviceTraits traits) {
        const auto steps = [&](std::uint64_t layers) {
            MarianConfig config = config_of(layers);
            config.decoder_cell = cell;
            return dispatches(marian::decoder_step(config, capacity, shape), traits, {.precision = Precision::f32});
        };
        return steps(2) - steps(1);
    };
    CHECK(layer(DecoderCell::ssru, cpu_traits()) == 8);
    DeviceTraits refusing = cpu_traits();
    refusing.refused.add(Variant::linear_norm);
    CHECK(layer(DecoderCell::self_attention, refusing) == 11);
    refusing.refused.add(Variant::linear_append);
    CHECK(layer(DecoderCell::self_attention, refusing) == 12);
}

TEST_CASE("a plan says where products count, and they count in the same words") {
    const Plan step = plan_of(rewrite(marian::decoder_step(config_of(2), capacity, {.rows = 40, .capacity = 64, .candidates = 2}), {}), cpu_traits());
    CHECK(step.text().find("linear_registers_8_shared_8_norm") != std::string::npos);
    CHECK(step.text().find("linear_registers_8_shared_8_append") != std::string::npos);
    CHECK(step.counter_bytes == 5 * 4);   // a word for each sixteen rows
    CHECK(step.listing().find("counters 20 bytes") != std::string::npos);
    CHECK(step.listing().find("updates counters [0, 20)") != std::string::npos);
}

TEST_CASE("the arena of a step does not depend on the number of layers, that of the encoder grows with its tokens alone") {
    const marian::StepShape shape{.rows = 32, .capacity = 64, .candidates = 2};
    const auto              step = [&](std::uint64_t layers) { return plan_of(rewrite(marian::decoder_step(config_of(layers), capacity, shape), {}), {}).arena_bytes; };
    CHECK(step(6) == step(2));
    const auto encoder = [&](std::uint64_t tokens) {
        return static_cast<double>(plan_of(rewrite(marian::encoder(config_of(2), capacity, {.tokens = tokens, .blocks = tokens / 4}), {}), {}).arena_bytes);
    };
    CHECK(std::abs(encoder(2048) / encoder(512) - 4) <= 0.2);
}

TEST_CASE("the states of a step are those that are moved when rows finish") {
    const marian::StepShape shape{.rows = 16, .capacity = 64, .beams = 4, .candidates = 8};
    const Plan              step = plan_of(rewrite(marian::decoder_step(config_of(2), capacity, shape), {}), {});
    const Plan              kept = plan_of(rewrite(marian::keep_rows(config_of(2), capacity, shape), {}), {});
    for (const NamedTensor& moved : kept.states) {
        const auto found = std::find_if(step.states.begin(), step.states.end(), [&](const NamedTensor& state) { return state.name == moved.name; });
        REQUIRE(found != step.states.end());
        CHECK(found->desc == moved.desc);
    }
    CHECK(step.states.size() == kept.states.size() + 4);   // and the source's keys and values of two layers, which stay
}

}  // namespace attune::test
