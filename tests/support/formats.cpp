#include "support/formats.h"

#include "formats/checkpoint.h"
#include "formats/marian_file.h"
#include "formats/shortlist_file.h"
#include "formats/yaml_settings.h"
#include "models/marian_config.h"
#include "support/checkpoint_writer.h"
#include "support/marian_writer.h"
#include "support/pickle_writer.h"
#include "support/tiny_model.h"
#include "support/zip_writer.h"
#include "text/marian_tokenizer.h"
#include "text/tiny_spm.h"

#include <attune/translator.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace attune::test {
namespace {

// --- how they are opened ---

void expect(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

// Every tensor, to its last byte.
void read_tensors(Checkpoint& checkpoint, std::uint64_t& largest_tensor) {
    for (const auto& [name, desc] : checkpoint.list()) largest_tensor = std::max(largest_tensor, desc.bytes());
    unsigned sum = 0;
    for (const auto& [name, desc] : checkpoint.list()) {
        const TensorView view = checkpoint.at(name);
        expect(view.scales.size() == (desc.type == Type::i8 ? 1 : 0), "a tensor has the wrong number of scales");
        expect(view.desc == desc && view.bytes.size() == desc.bytes(), "a tensor is not what the list says");
        for (const std::byte byte : view.bytes) sum += std::to_integer<unsigned>(byte);
    }
    [[maybe_unused]] static volatile unsigned sink;   // so that no byte is skipped
    sink = sum;
}

void open_weights(const ModelSource& source, std::uint64_t& largest_tensor) {
    read_tensors(*open_checkpoint(source), largest_tensor);
}

void open_marian(const ModelSource& source, std::uint64_t& largest_tensor) {
    const auto file = open_marian_file(Folder(source) / "model.bin");
    read_tensors(*file, largest_tensor);
    expect(file->list().size() <= file->entries().size(), "more tensors than entries");
    expect(file->settings_text().find('\0') == std::string::npos, "settings with a NUL");
}

// What a reader of models would ask for, whatever the types are.
void open_yaml(const ModelSource& source, std::uint64_t&) {
    const File         file = Folder(source) / "model.yml";
    const YamlSettings settings(file.read(8u << 20), file.text());
    for (const auto& [key, values] : settings.all()) expect(settings.texts(key.c_str()).size() <= values.size(), key.c_str());
    settings.natural("dim-emb", 8, 1, 65'536);
    settings.naturals("dim-vocabs", 1, 65'536);
    settings.real("normalize", 1, 0, 10);
    settings.flag("tied-embeddings-all", false);
    settings.text("type");
}

void open_shortlist(const ModelSource& source, std::uint64_t&) {
    constexpr std::uint64_t vocabulary = 12;
    const ShortlistFile     file       = ShortlistFile::open(Folder(source) / "lex.bin", vocabulary);
    expect(file.first() <= vocabulary, "more first words than words");
    for (std::uint32_t word = 0; word <= file.source_words(); ++word)
        for (const std::uint32_t target : file.targets(word)) expect(target < vocabulary, "a word of no vocabulary");
    expect(file.targets(static_cast<std::uint32_t>(file.source_words())).empty(), "a list of no word");
}

void open_configs(const ModelSource& source, std::uint64_t&) {
    const MarianConfig     config     = read_marian_config(source);
    const GenerationConfig generation = read_generation_config(source, config);
    expect(generation.num_beams >= 1, "no beams");
}

// Long runs of what the tables of tiny_spm.h hold: reads past their ends if a check let a bad one through.
const std::string& probe() {
    static const std::string text = "ABab x" + std::string(200, 'A') + std::string(200, 'u') + "A\u00DF \xFF A" +
                                    std::string(1, '\0') + "B";
    return text;
}

void open_tokenizer(const ModelSource& source, std::uint64_t&) {
    const MarianTokenizer tokenizer = MarianTokenizer::open(source);
    for (const std::string& text : {probe(), ">>de<< " + probe(), std::string()}) {
        const auto ids = tokenizer.encode(text);
        expect(!ids.empty() && ids.size() == tokenizer.count(text), "encode and count disagree");
        for (const std::uint32_t id : ids) expect(id < tokenizer.source_vocabulary().size(), "an id of no piece");
        tokenizer.decode(tokenizer.encode_target(text));
    }
    std::vector<std::uint32_t> all(std::min<std::size_t>(tokenizer.target_vocabulary().size(), 300));
    for (std::uint32_t id = 0; id < all.size(); ++id) all[id] = id;
    tokenizer.decode(all);
}

void open_translator(const ModelSource& source, std::uint64_t&) {
    Translator translator = Translator::on_oracle(source);
    expect(translator.translate("a b").hypotheses.size() == 1, "no translation");
}

// --- valid files ---

NamedTensors some_tensors() {
    const float  numbers[] = {1.0f, -2.5f, 3.14159274f, 1e-30f, 1e30f, -0.0f};
    const double small[]   = {0.5, -1.75, 65504.0};
    return {{"matrix", Tensor::f32({2, 3}, numbers)},
            {"half", Tensor::from_doubles({Type::f16, {3}}, small)},
            {"brain", Tensor::from_doubles({Type::bf16, {1, 3}}, small)},
            {"none", Tensor({Type::f32, {0, 4}})},
            {"number", Tensor::f32({}, std::span(numbers, 1))},
            {"counts", Tensor({Type::i32, {1}})}};
}

std::string safetensors() { return safetensors_bytes(some_tensors()); }
std::string torch() { return torch_bytes(some_tensors()); }

// As torch.save writes large files, and with a tensor that is transposed: its numbers have to be gathered.
std::string torch_legacy() { return torch_legacy_bytes(some_tensors()); }

std::string torch_zip64() {
    std::vector<ZipFile> files = {
        {.name    = "a/data.pkl",
         .content = state_dict_pickle({{}, {.name = "t", .sizes = {3, 2}, .strides = {1, 3}, .parameter = true}})},
        {.name = "a/data/0", .content = std::string(24, '\1'), .local_extra = std::string(10, '\0')},
        {.name = "a/byteorder", .content = "little"}};
    files[1].size = files[1].stored = files[1].header = 0xFFFFFFFF;
    files[1].extra = zip64_extra({24, 24, 30 + files[0].name.size() + files[0].content.size()});
    return zip_bytes(files, {.zip64 = true});
}

NamedTensors marian_tensors() {
    std::vector<float> numbers;
    for (int i = 0; i < 12; ++i) numbers.push_back(0.25f * static_cast<float>(i) - 1);
    const std::int8_t elements[] = {-127, 5, 0, 127, 1, -3};
    return {{"Wemb", Tensor::i8({3, 2}, elements, {0.5f})},
            {"encoder_l1_W", Tensor::i8({2, 3}, elements, {0.25f})},
            {"encoder_l1_b", Tensor::f32({1, 12}, numbers)}};
}
std::string marian_yaml() {
    return "type: transformer\ndim-emb: 8\ndim-vocabs:\n  - 12\n  - 12\ninput-types: []\nnormalize: 1.0\n"
           "tied-embeddings-all: true\ntransformer-preprocess: \"\"\n";
}
std::string marian_int8() { return marian_bin(with_alphas(marian_tensors()), marian_yaml()); }
std::string marian_floats(NpzMembers members) {
    return marian_npz({marian_tensors().back()}, "type: transformer\n", members);
}
std::string marian_arrays() { return marian_floats(NpzMembers::stored); }
std::string marian_deflated() { return marian_floats(NpzMembers::deflated); }
std::string marian_gzip() { return gzip_bytes(marian_int8()); }
std::string marian_zstd() { return zstd_bytes(marian_int8()); }
std::string shortlist() { return shortlist_bytes(4, {{}, {3, 5, 11}, {0, 6, 7}, {6}}); }

std::string shards() {
    return R"({"metadata":{"total_size":96},"weight_map":{"matrix":"s.safetensors","half":"s.safetensors"}})";
}
void write_shard(const TemporaryFolder& folder) {
    folder.write("s.safetensors", safetensors());
    std::filesystem::create_directory(folder.path() / "folder");
}

void write_index(const TemporaryFolder& folder) {
    folder.write("model.safetensors.index.json", R"({"weight_map":{"matrix":"s.safetensors"}})");
}

std::string config() { return tiny_marian_config().dump(); }
std::string generation() {
    return R"({"num_beams":4,"length_penalty":0.5,"early_stopping":"never","eos_token_id":[0,3],"bad_words_ids":[[11],[1,2]],)"
           R"("max_new_tokens":7,"forced_bos_token_id":5,"forced_eos_token_id":0,"no_repeat_ngram_size":3})";
}
void write_config(const TemporaryFolder& folder) { folder.write("config.json", config()); }

std::string vocabulary() { return tiny_vocabulary; }
std::string spm() { return TinySpm().bytes(); }
void        write_tokenizer(const TemporaryFolder& folder) {
    folder.write("vocab.json", vocabulary());
    folder.write("source.spm", spm());
    folder.write("target.spm", spm());
}

// The smallest folder that translates.
Json smallest() {
    return {{"d_model", 2},         {"encoder_layers", 1},          {"encoder_attention_heads", 1},
            {"encoder_ffn_dim", 1}, {"decoder_attention_heads", 1}, {"decoder_ffn_dim", 1},
            {"max_length", 6}};
}
void write_model(const TemporaryFolder& folder) { write_tiny_model(folder, smallest()); }

template <const char* const& File> std::string of_model() {
    const TemporaryFolder folder;
    write_model(folder);
    std::ifstream in(folder.path() / File, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
const char *const config_json = "config.json", *const vocab_json = "vocab.json", *const source_spm = "source.spm",
                  *const weights_file = "model.safetensors";

void nothing(const TemporaryFolder&) {}

// name, file, valid, around, open, every, refused truncations, refused flips, names others
const Format rows[] = {
    {"safetensors", "model.safetensors", safetensors, nothing, open_weights, 1, 1, 0.8},
    {"torch", "pytorch_model.bin", torch, nothing, open_weights, 1, 1, 0.7},
    {"torch zip64", "pytorch_model.bin", torch_zip64, nothing, open_weights, 1, 1, 0.7},
    {"torch legacy", "pytorch_model.bin", torch_legacy, nothing, open_weights, 1, 1, 0.5},
    {"marian bin", "model.bin", marian_int8, nothing, open_marian, 2, 1, 0.1},
    {"marian npz", "model.bin", marian_arrays, nothing, open_marian, 1, 1, 0.6},
    {"marian deflated", "model.bin", marian_deflated, nothing, open_marian, 1, 1, 0.7},
    {"marian gzip", "model.bin", marian_gzip, nothing, open_marian, 1, 1, 0.9},
    {"marian zstd", "model.bin", marian_zstd, nothing, open_marian, 1, 1, 0.9},
    {"yaml", "model.yml", marian_yaml, nothing, open_yaml, 1, 0, 0.3},
    {"shortlist", "lex.bin", shortlist, nothing, open_shortlist, 1, 1, 0.9},
    {"shards", "model.safetensors.index.json", shards, write_shard, open_weights, 1, 1, 0.8, true},
    {"shard", "s.safetensors", safetensors, write_index, open_weights, 10, 1, 0.8},
    {"config", "config.json", config, nothing, open_configs, 1, 1, 0.5},
    {"generation", "generation_config.json", generation, write_config, open_configs, 1, 0.98, 0.4},
    {"vocabulary", "vocab.json", vocabulary, write_tokenizer, open_tokenizer, 1, 1, 0.75},
    {"target vocabulary", "target_vocab.json", vocabulary, write_tokenizer, open_tokenizer, 1, 1, 0.75},
    {"source pieces", "source.spm", spm, write_tokenizer, open_tokenizer, 1, 0.9, 0.06},
    {"target pieces", "target.spm", spm, write_tokenizer, open_tokenizer, 5, 0.9, 0.06},
    {"model: config", config_json, of_model<config_json>, write_model, open_translator, 2, 1, 0.7, true},
    {"model: vocabulary", vocab_json, of_model<vocab_json>, write_model, open_translator, 2, 1, 0.75, true},
    {"model: pieces", source_spm, of_model<source_spm>, write_model, open_translator, 2, 0.5, 0.45, true},
    {"model: weights", weights_file, of_model<weights_file>, write_model, open_translator, 20, 1, 0.85, true},
};

}   // namespace

std::span<const Format> all_formats() { return rows; }

const Format& format(std::string_view name) {
    const auto* found = std::ranges::find(rows, name, &Format::name);
    if (found == std::end(rows)) throw std::out_of_range("no format " + std::string(name));
    return *found;
}

}   // namespace attune::test
