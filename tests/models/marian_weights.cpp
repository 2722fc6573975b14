// Which tensors of a file become which weights, and what is refused before anything large is made.
#include "support/counted_heap.h"

#include "models/marian.h"
#include "models/marian_weights.h"
#include "support/checkpoint_writer.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <algorithm>
#include <chrono>

using namespace attune;
using namespace attune::test;

namespace {

const std::string shared = "model.shared.weight", source = "model.encoder.embed_tokens.weight",
                  target = "model.decoder.embed_tokens.weight", head = "lm_head.weight";

Tensor table(std::uint64_t rows, float first, Type type = Type::f32) {
    std::vector<double> values(rows * 8, 0.25);
    values[0] = static_cast<double>(first);
    return Tensor::from_doubles({type, {rows, 8}}, values);
}

// The tiny model's tensors with `tables` in the place of its own.
NamedTensors with_tables(const Json& config, const NamedTensors& tables) {
    NamedTensors tensors = tiny_marian_tensors(config);
    std::erase_if(tensors, [](const auto& t) { return t.first == shared || t.first == source || t.first == target; });
    tensors.insert(tensors.end(), tables.begin(), tables.end());
    return tensors;
}

struct TablesCase {
    const char*                                what;
    Json                                       changes;  // to the tiny configuration
    std::vector<std::pair<std::string, float>> tables;   // name, first number
    std::vector<std::string>                   chosen;   // source, target, output; empty: refused
    const char*                                missing = "";
};

const Json tied = Json::object(), untied = {{"tie_word_embeddings", false}},
           separate        = {{"share_encoder_decoder_embeddings", false}},
           separate_untied = {{"share_encoder_decoder_embeddings", false}, {"tie_word_embeddings", false}};

const TablesCase cases[] = {
    {"shared alone", tied, {{shared, 1}}, {shared, shared, shared}},
    {"tied under all names", tied, {{shared, 1}, {source, 1}, {target, 1}, {head, 1}}, {shared, shared, shared}},
    {"tied as the head alone", tied, {{head, 1}}, {head, head, head}},
    {"tied as the decoder's alone", tied, {{target, 1}}, {target, target, target}},
    {"tied as the encoder's alone", tied, {{source, 1}}, {source, source, source}},
    {"tied in config.json only", tied, {{shared, 1}, {head, 2}}, {shared, shared, head}},
    {"a decoder of its own after all", tied, {{shared, 1}, {target, 2}}, {shared, target, shared}},
    {"no table", tied, {}, {}, "model.shared.weight"},
    {"untied, as transformers 4 has it", untied, {{shared, 1}, {head, 2}}, {shared, shared, head}},
    {"untied, as transformers 5 has it",
     untied,
     {{shared, 9}, {source, 1}, {target, 2}, {head, 3}},
     {source, target, head}},
    {"untied, two of three the same", untied, {{source, 1}, {target, 1}, {head, 3}}, {source, source, head}},
    {"untied, no head", untied, {{shared, 1}}, {}, "lm_head.weight"},
    {"separate", separate, {{source, 1}, {target, 2}}, {source, target, target}},
    {"separate, tied as the head", separate, {{source, 1}, {head, 2}}, {source, head, head}},
    {"separate, no source", separate, {{shared, 1}, {target, 2}}, {}, "encoder.embed_tokens"},
    {"separate and untied", separate_untied, {{source, 1}, {target, 2}, {head, 3}}, {source, target, head}},
    {"separate and untied, no head", separate_untied, {{source, 1}, {target, 2}}, {}, "lm_head.weight"},
};

struct Opened {
    TemporaryFolder folder;
    MarianConfig    config;

    Opened(const Json& json, const NamedTensors& tensors) {
        write_marian_folder(folder.path(), json, tensors);
        config = read_marian_config(folder.path());
    }
    marian::MarianWeights weights() const { return {open_checkpoint(folder.path()), config}; }
};

std::vector<Graph> graphs_of(const MarianConfig& config) {
    std::vector<Graph> graphs;
    graphs.push_back(marian::encoder(config, {.memory_tokens = 1, .rows = 1}, {.tokens = 1, .blocks = 1}));
    graphs.push_back(marian::decoder_step(config, {.memory_tokens = 1, .rows = 1}, {.rows = 1, .capacity = 1}));
    return graphs;
}

}  // namespace

TEST_CASE("embedding tables are found under whatever name") {
    for (const TablesCase& row : cases) {
        CAPTURE(std::string(row.what));
        const Json   config = tiny_marian_config(row.changes);
        NamedTensors tables;
        for (const auto& entry : row.tables) tables.emplace_back(entry.first, table(12, entry.second));
        const Opened opened(config, with_tables(config, tables));
        if (row.chosen.empty()) {
            expect_error(Status::bad_input, {row.missing, "missing"}, [&] { opened.weights(); });
            continue;
        }
        const auto weights = opened.weights();
        CHECK(weights.tables().source == row.chosen[0]);
        CHECK(weights.tables().target == row.chosen[1]);
        CHECK(weights.tables().output == row.chosen[2]);
    }
}

TEST_CASE("weights of another type or shape are refused by name, tensors nobody needs are not") {
    const Json config = tiny_marian_config();
    const auto expect = [&](const NamedTensors& tensors, const char* name, const char* word) {
        const Opened opened(config, tensors);
        expect_error(Status::bad_input, {name, word}, [&] { opened.weights().expect(graphs_of(opened.config)); });
    };
    const Tensor counts({Type::i32, {12, 8}});
    expect(with_tables(config, {{shared, counts}}), shared.c_str(), "I32");
    expect(with_tables(config, {{shared, table(11, 1)}}), shared.c_str(), "[11, 8]");
    const std::string fc1     = "model.encoder.layers.1.fc1.weight";
    NamedTensors      tensors = tiny_marian_tensors(config);
    const auto        place   = std::ranges::find(tensors, fc1, &NamedTensors::value_type::first);
    place->second             = Tensor({Type::i32, {16, 8}});
    expect(tensors, fc1.c_str(), "I32");
    place->second = Tensor({Type::f32, {8, 16}});
    expect(tensors, fc1.c_str(), "[8, 16]");
    tensors.erase(place);
    expect(tensors, fc1.c_str(), "missing");
    tensors = tiny_marian_tensors(config);
    std::ranges::find(tensors, "final_logits_bias", &NamedTensors::value_type::first)->second =
        Tensor({Type::i32, {1, 12}});
    expect(tensors, "final_logits_bias", "I32");

    tensors = tiny_marian_tensors(config);
    tensors.emplace_back("steps", counts);
    tensors.emplace_back("model.decoder.embed_positions.weight", table(32, 1));
    tensors.emplace_back("adapter", table(1, 1));
    tensors.emplace_back(head, std::ranges::find(tensors, shared, &NamedTensors::value_type::first)->second);
    Opened opened(config, tensors);
    auto   weights       = opened.weights();
    opened.config.tables = weights.tables();
    const auto graphs    = graphs_of(opened.config);
    weights.expect(graphs);
    std::map<std::string, std::vector<std::string>> unused;
    for (const auto& line : weights.unused(graphs)) unused[line.reason] = line.names;
    using Names = std::vector<std::string>;
    CHECK(unused.size() == 4);
    CHECK(unused["type I32"] == Names{"steps"});
    CHECK(unused["positions are computed"] == Names{"model.decoder.embed_positions.weight"});
    CHECK(unused["MarianMT has no such weight"] == Names{"adapter"});
    CHECK(unused["the same table as model.shared.weight"] == Names{head});
}

TEST_CASE("a configuration of other sizes than the file is refused at once and in little memory") {
    const Json claims[] = {
        {{"d_model", 65'536}, {"max_position_embeddings", 65'536}},
        {{"vocab_size", 16'777'216}, {"max_position_embeddings", 65'536}},
        {{"encoder_layers", 1024}, {"decoder_layers", 1024}},
        {{"encoder_ffn_dim", 65'536}, {"decoder_ffn_dim", 65'536}},
        {{"share_encoder_decoder_embeddings", false}, {"decoder_vocab_size", 16'777'216}},
    };
    const NamedTensors tensors = tiny_marian_tensors(tiny_marian_config());
    for (const Json& changes : claims) {
        CAPTURE(changes.dump());
        const Opened opened(tiny_marian_config(changes), tensors);
        const auto   refuse = [&] {
            expect_error(Status::bad_input, {""}, [&] { opened.weights().expect(graphs_of(opened.config)); });
        };
        const auto start = std::chrono::steady_clock::now();
#ifdef ATTUNE_COUNTED_HEAP
        CHECK(heap_used_by(refuse) < (64u << 20));
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
#else
        refuse();
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));  // under a sanitizer
#endif
    }
}

TEST_CASE("a table of positions above 64 MiB is refused, one of 64 MiB is not") {
    const Json wide   = {{"d_model", 1024}, {"encoder_ffn_dim", 1}, {"decoder_ffn_dim", 1}, {"encoder_layers", 1}};
    Json       config = tiny_marian_config(wide);
    std::vector<double> zeros(12 * 1024, 0);
    const NamedTensors  tensors       = {{shared, Tensor::from_doubles({Type::f16, {12, 1024}}, zeros)}};
    config["max_position_embeddings"] = 16'385;
    expect_error(Status::bad_input, {"64 MiB", "max_position_embeddings"}, [&] { Opened(config, tensors).weights(); });
#ifdef ATTUNE_COUNTED_HEAP  // a sanitizer takes a second for the sines
    config["max_position_embeddings"] = 16'384;
    const Opened largest(config, tensors);
    CHECK(largest.weights().find("positions")->shape == Shape{16'384, 1024});
#endif
}
