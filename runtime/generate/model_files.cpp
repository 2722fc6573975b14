#include "generate/model_files.h"

#include "formats/byte_reader.h"
#include "formats/compressed.h"
#include "models/marian.h"
#include "models/marian_native_weights.h"
#include "models/marian_weights.h"
#include "text/marian_tokenizer.h"

#include <attune/error.hpp>

namespace attune {
namespace {

std::shared_ptr<const SentencePiece> open_vocabulary(const File& file) {
    return make_sentencepiece(as_text(read_plain_or_compressed(file, max_sentencepiece_bytes).bytes()), file.text());
}

void expect_none(const Folder& folder, WithShortlist with_shortlist) {
    if (with_shortlist == WithShortlist::yes)
        throw Error(Status::bad_input, folder.text(), "has no lexical shortlist (lex*.bin)",
                    "leave the option out");
}

ModelFiles open_hugging_face(const Folder& folder, WithShortlist with_shortlist) {
    expect_none(folder, with_shortlist);
    ModelFiles files;
    files.config     = read_marian_config(folder);
    files.generation = read_generation_config(folder, files.config);
    files.tokenizer  = std::make_unique<MarianTokenizer>(MarianTokenizer::open(folder));
    files.weights    = std::make_unique<marian::MarianWeights>(open_checkpoint(folder), files.config);
    return files;
}

ModelFiles open_marian(const Folder& folder, WithShortlist with_shortlist) {
    const MarianFolder found = find_marian_files(folder);
    if (!found.shortlist) expect_none(folder, with_shortlist);
    auto       weights = open_marian_file(found.model);
    ModelFiles files;
    files.config   = read_marian_model_settings(weights->settings_text(), found.model.text());
    auto tokenizer = open_marian_vocabularies(found);
    files.generation =
        read_marian_generation(found, files.config, {.end = tokenizer->end(), .unknown = tokenizer->unknown()});
    files.tokenizer   = std::move(tokenizer);
    auto native       = std::make_unique<marian::NativeWeights>(std::move(weights), files.config);
    files.config.int8 = native->int8();
    files.weights     = std::move(native);
    if (with_shortlist == WithShortlist::yes)
        files.shortlist.emplace(ShortlistFile::open(*found.shortlist, files.config.decoder_vocab_size), files.config,
                                files.generation.eos_token_ids);
    return files;
}

}  // namespace

ModelFiles open_model_files(const Folder& folder, WithShortlist with_shortlist) {
    ModelFiles files =
        is_marian_folder(folder) ? open_marian(folder, with_shortlist) : open_hugging_face(folder, with_shortlist);
    expect_vocabularies(*files.tokenizer, files.config, folder);
    files.config.tables = files.weights->tables();
    return files;
}

std::unique_ptr<const SentencePieceTokenizer> open_marian_vocabularies(const MarianFolder& folder) {
    const File &source = folder.source_vocabulary, &target = folder.target_vocabulary;
    return std::make_unique<SentencePieceTokenizer>(
        open_vocabulary(source), source.name() == target.name() ? nullptr : open_vocabulary(target));
}

std::vector<Graph> least_graphs(const MarianConfig& config, const Folder& folder) try {
    const marian::Capacity capacity{.memory_tokens = 1, .rows = 1};
    std::vector<Graph>     graphs;
    graphs.push_back(marian::encoder(config, capacity, {.tokens = 1, .blocks = 1}));
    graphs.push_back(marian::decoder_step(config, capacity, {.rows = 1, .capacity = 1}));
    return graphs;
} catch (const Error& error) {
    const bool native = config.names == WeightNames::marian;
    throw Error(Status::bad_input, native ? folder.text() : (folder / "config.json").text(),
                std::string("describes a model that cannot be built: ") + error.what());
}

void expect_vocabularies(const Tokenizer& tokenizer, const MarianConfig& config, const Folder& folder) {
    const auto expect_size = [&](std::size_t found, std::uint64_t size, const char* side) {
        if (found != size)
            throw Error(Status::bad_input, folder.text(),
                        std::string("the ") + side + " vocabulary has " + std::to_string(found) + " entries, " +
                            (config.names == WeightNames::marian ? "the model's settings say " : "config.json says ") +
                            std::to_string(size),
                        "weights and vocabulary belong to different models");
    };
    expect_size(tokenizer.source_size(), config.vocab_size, "source");
    expect_size(tokenizer.target_size(), config.decoder_vocab_size, "target");
}

}  // namespace attune
