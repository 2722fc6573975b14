// What a folder holds and what of it will run, found out step by step: a step that fails says why, and the
// others go on as far as they can without it.
#include "generate/model.h"
#include "models/marian_native_weights.h"
#include "models/marian_weights.h"
#include "text/marian_tokenizer.h"
#include "text/sentencepiece_tokenizer.h"

#include <attune/error.hpp>

#include <algorithm>
#include <map>

namespace attune {
namespace {

using Inspection = Translator::Inspection;

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string list(const std::vector<std::uint32_t>& ids) {
    std::string text;
    for (const std::uint32_t id : ids) text += (text.empty() ? "" : " ") + number(id);
    return text.empty() ? "none" : text;
}

}  // namespace

std::string architecture_text(const MarianConfig& c) {
    std::string text = (c.names == WeightNames::marian ? "Marian" : "MarianMT") +
                       std::string(", post-norm Transformer, ") + number(c.encoder_layers) + " encoder and " +
                       number(c.decoder_layers) + " decoder layers" +
                       (c.decoder_cell == DecoderCell::ssru ? " with a recurrent unit (SSRU)\n" : "\n");
    text += "width " + number(c.d_model) + ", heads " + number(c.encoder_attention_heads) + " / " +
            number(c.decoder_attention_heads) + ", FFN " + number(c.encoder_ffn_dim) + " / " +
            number(c.decoder_ffn_dim) + ", positions " + number(c.max_position_embeddings) + "\n";
    return text + "vocabulary " + number(c.vocab_size) +
           (c.share_encoder_decoder_embeddings ? " shared\n"
                                               : " source, " + number(c.decoder_vocab_size) + " target\n");
}

std::string architecture_text(const GenerationConfig& c) {
    std::string text = "start " + number(c.decoder_start_token_id) + ", pad " + number(c.pad_token_id) + ", end " +
                       list(c.eos_token_ids) + ", forced last " + list(c.forced_eos_token_ids) + ", forced first " +
                       (c.forced_bos_token_id ? number(*c.forced_bos_token_id) : "none") + "\n";
    text += "defaults: beam " + number(c.num_beams) + ", length penalty " + std::to_string(c.length_penalty) + ", ";
    if (c.max_length_factor)
        return text + "at most " + std::to_string(*c.max_length_factor) + " tokens for each of the source\n";
    if (c.max_new_tokens) return text + "max new tokens " + number(*c.max_new_tokens) + "\n";
    return text + (c.max_length ? "max length " + number(*c.max_length) + " with start\n" : "20 new tokens\n");
}

namespace {

// The value of `step`, or nothing and the reason in will_not_run.
template <class Step> auto attempt(Inspection& result, Step step) -> std::optional<decltype(step())> {
    try {
        return step();
    } catch (const Error& error) { result.will_not_run.push_back(error.what()); }
    return std::nullopt;
}

void inspect_settings(const Folder& folder, const GenerationConfig& generation, Inspection& result) {
    result.architecture += architecture_text(generation);
    for (const std::string& setting : generation.unsupported)
        result.will_not_run.push_back(setting + " in " + generation_file(folder).name() +
                                      " is not supported; remove it from the file");
    for (const GenerationSetting& s : generation_settings(folder))
        result.settings.push_back({s.key, s.value, s.file, s.overrun});
}

void inspect_checkpoint(const Checkpoint& checkpoint, Inspection& result) {
    std::map<std::string, std::size_t> storage;
    for (const Checkpoint::Entry& entry : checkpoint.entries()) {
        const TensorDesc* desc = checkpoint.find(entry.name);
        ++storage[std::string(entry.type)];
        if (desc) result.parameters += desc->elements();
        result.tensors.push_back(
            {entry.name, desc ? name_of(desc->type) : std::string(entry.type), entry.shape.text()});
    }
    for (const auto& [type, tensors] : storage) result.storage.push_back({type, tensors});
}

// What people have in such a folder, and what becomes of it.
void inspect_files(const Folder& folder, const Checkpoint* checkpoint, Inspection& result) {
    const std::vector<std::string> weights = checkpoint ? checkpoint->files() : std::vector<std::string>{};
    static constexpr const char*   read[]  = {
           "config.json", "generation_config.json", "tokenizer_config.json", "vocab.json", "source.spm", "target.spm"};
    static constexpr const char* others[] = {"model.safetensors", "model.safetensors.index.json",
                                             "pytorch_model.bin", "pytorch_model.bin.index.json",
                                             "tf_model.h5",       "flax_model.msgpack",
                                             "rust_model.ot",     "model.npz",
                                             "model.bin",         "tokenizer.json"};
    const auto                   add = [&](const std::string& name, const char* note) {
        if ((folder / name).exists()) result.files.push_back({name, note});
    };
    for (const char* name : read) add(name, "used");
    add("target_vocab.json",
        MarianTokenizer::has_target_vocabulary(folder) ? "used" : "not used: vocabularies are one");
    for (const std::string& name : weights) add(name, "weights, used");
    for (const char* name : others)
        if (std::ranges::find(weights, name) == weights.end()) add(name, "not used");
}

std::string describe(const MarianConfig::Tables& tables) {
    if (tables.source == tables.target && tables.target == tables.output)
        return "one for source, target and output: " + tables.source;
    if (tables.source == tables.target) return "source and target " + tables.source + ", output " + tables.output;
    if (tables.target == tables.output) return "source " + tables.source + ", target and output " + tables.target;
    return "source " + tables.source + ", target " + tables.target + ", output " + tables.output;
}

// Whether the weights are all there, and which tensors are left over.
template <class Weights, class Opened>
bool inspect_weights(std::unique_ptr<Opened> file, const Folder& folder, MarianConfig& config, Inspection& result) {
    return attempt(result,
                   [&] {
                       const Weights weights(std::move(file), config);
                       config.tables                   = weights.tables();
                       result.tables                   = describe(config.tables);
                       const std::vector<Graph> graphs = least_graphs(config, folder);
                       for (auto& unused : weights.unused(graphs))
                           result.unused.push_back({unused.reason, std::move(unused.names)});
                       weights.expect(graphs);
                       return true;
                   })
        .has_value();
}

void inspect_config(const std::optional<MarianConfig>& config, Inspection& result) {
    if (!config) return;
    result.architecture   = architecture_text(*config);
    result.decoder_layers = config->decoder_layers;
}

Inspection inspect_hugging_face(const Folder& folder) {
    Inspection result;
    auto       config = attempt(result, [&] { return read_marian_config(folder); });
    inspect_config(config, result);
    const auto generation =
        config ? attempt(result, [&] { return read_generation_config(folder, *config); }) : std::nullopt;
    if (generation) inspect_settings(folder, *generation, result);

    const auto tokenizer  = attempt(result, [&] {
        MarianTokenizer opened = MarianTokenizer::open(folder);
        if (config) expect_vocabularies(opened, *config, folder);
        return opened;
    });
    auto       checkpoint = attempt(result, [&] { return open_checkpoint(folder); });
    if (checkpoint) inspect_checkpoint(**checkpoint, result);
    attempt(result, [&] {
        inspect_files(folder, checkpoint ? checkpoint->get() : nullptr, result);
        return true;
    });
    const bool fits =
        config && checkpoint && inspect_weights<marian::MarianWeights>(std::move(*checkpoint), folder, *config, result);
    result.opens = fits && generation && tokenizer;
    return result;
}

void inspect_native_files(const MarianFolder& found, Inspection& result) {
    const auto add = [&](const File& file, const char* note) { result.files.push_back({file.name(), note}); };
    add(found.model, "weights, used");
    add(found.source_vocabulary, "used");
    if (found.target_vocabulary.name() != found.source_vocabulary.name()) add(found.target_vocabulary, "used");
    if (found.settings) add(*found.settings, "used");
    if (found.shortlist) add(*found.shortlist, "used with a shortlist");
    for (const std::string& name : found.others) result.files.push_back({name, "not used"});
}

Inspection inspect_native(const Folder& folder) {
    Inspection result;
    const auto found = attempt(result, [&] { return find_marian_files(folder); });
    if (!found) return result;
    inspect_native_files(*found, result);
    auto file = attempt(result, [&] { return open_marian_file(found->model); });
    auto config =
        file ? attempt(result,
                       [&] { return read_marian_model_settings((*file)->settings_text(), found->model.text()); })
             : std::nullopt;
    inspect_config(config, result);
    if (file) inspect_checkpoint(**file, result);
    const auto tokenizer = attempt(result, [&] {
        auto opened = open_marian_vocabularies(*found);
        if (config) expect_vocabularies(*opened, *config, folder);
        return opened;
    });
    const auto generation =
        config && tokenizer
            ? attempt(result,
                      [&] {
                          return read_marian_generation(
                              *found, *config, {.end = (*tokenizer)->end(), .unknown = (*tokenizer)->unknown()});
                      })
            : std::nullopt;
    if (generation) result.architecture += architecture_text(*generation);
    const bool fits =
        config && file && inspect_weights<marian::NativeWeights>(std::move(*file), folder, *config, result);
    result.opens = fits && generation;
    return result;
}

}  // namespace

Translator::Inspection inspect_folder(const Folder& folder) {
    return is_marian_folder(folder) ? inspect_native(folder) : inspect_hugging_face(folder);
}

}  // namespace attune
