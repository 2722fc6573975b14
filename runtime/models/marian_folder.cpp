#include "models/marian_folder.h"

#include "base/utf8.h"
#include "formats/byte_reader.h"
#include "formats/compressed.h"

#include <attune/error.hpp>

#include <algorithm>

namespace attune {
namespace {

constexpr std::uint64_t max_settings_bytes = 64u << 10;

// "model.enpt.bin.gz" without ".gz"
std::string_view without_compression(std::string_view name) {
    for (const std::string_view end : {".gz", ".zst"})
        if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
    return name;
}

bool is_like(std::string_view name, std::string_view begin, std::string_view end) {
    name = without_compression(name);
    return name.starts_with(begin) && name.ends_with(end);
}

std::vector<std::string> all_like(const std::vector<std::string>& names, std::string_view begin, std::string_view end) {
    std::vector<std::string> found;
    for (const std::string& name : names)
        if (is_like(name, begin, end)) found.push_back(name);
    return found;
}

std::vector<std::string> models_in(const std::vector<std::string>& names) {
    std::vector<std::string> models = all_like(names, "model", ".bin");
    std::ranges::copy(all_like(names, "model", ".npz"), std::back_inserter(models));
    return models;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

YamlSettings read_settings(const File& file) {
    return {as_text(read_plain_or_compressed(file, max_settings_bytes).bytes()), file.text()};
}

// Picks files by what the settings say, else by their names.
class Finder {
public:
    explicit Finder(const Folder& folder) : folder_(folder), names_(folder.names()) {
        for (const char* begin : {"config", "decoder"})
            for (const std::string& name : all_like(names_, begin, ".yml"))
                if (!settings_name_) settings_name_ = name;
        if (settings_name_) settings_.emplace(read_settings(folder / *settings_name_));
    }

    MarianFolder find() {
        const std::string model        = chosen("models", models_in(names_), "model*.bin or model*.npz");
        const auto        vocabularies = find_vocabularies();
        MarianFolder      result{.model             = use(model),
                                 .source_vocabulary = use(vocabularies[0]),
                                 .target_vocabulary = use(vocabularies[1]),
                                 .shortlist         = {},
                                 .settings          = {},
                                 .translation       = settings_,
                                 .others            = {}};
        if (const auto lists = all_like(names_, "lex", ".bin"); !lists.empty()) result.shortlist = use(lists.front());
        if (settings_name_) result.settings = use(*settings_name_);
        for (const std::string& name : names_)
            if (std::ranges::find(used_, name) == used_.end()) result.others.push_back(name);
        return result;
    }

private:
    File use(const std::string& name) { return folder_ / used_.emplace_back(name); }

    [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
        throw Error(Status::bad_input, folder_.text(), what, hint);
    }

    // The files that the settings name under `key`: plain names of files that are there, maybe compressed.
    std::vector<std::string> named(const char* key) const {
        std::vector<std::string> names = settings_ ? settings_->texts(key) : std::vector<std::string>{};
        for (std::string& name : names) {
            const auto found = std::ranges::find_if(
                names_, [&](const std::string& there) { return there == name || without_compression(there) == name; });
            if (found == names_.end())
                fail(*settings_name_ + " names " + in_quotes(name) + " under " + key + ", which is not there",
                     "a model folder is downloaded whole");
            name = *found;
        }
        return names;
    }

    std::string chosen(const char* key, const std::vector<std::string>& candidates, const char* what) const {
        const std::vector<std::string> names = named(key);
        if (names.size() > 1) fail("is an ensemble of " + listed(names) + ", which is not supported", "keep one model");
        if (names.size() == 1) return names.front();
        if (candidates.empty()) fail(std::string("has no ") + what, "a model folder is downloaded whole");
        if (candidates.size() > 1) fail("has several models: " + listed(candidates), "keep one of them");
        return candidates.front();
    }

    // Of the source and of the target.
    std::vector<std::string> find_vocabularies() const {
        std::vector<std::string> names = named("vocabs");
        if (names.empty()) {
            const auto source = all_like(names_, "srcvocab", ".spm"), target = all_like(names_, "trgvocab", ".spm");
            const auto shared = all_like(names_, "vocab", ".spm");
            if (source.size() == 1 && target.size() == 1)
                names = {source.front(), target.front()};
            else if (shared.size() == 1)
                names = {shared.front(), shared.front()};
            else if (shared.empty() && source.empty() && target.empty())
                fail("has no vocab*.spm", "vocabularies of other kinds, such as vocab.yml, are not supported");
            else
                fail("leaves open which vocabulary is which: " + listed(shared) + listed(source) + listed(target),
                     "call them srcvocab.spm and trgvocab.spm");
        }
        if (names.size() != 2)
            fail(*settings_name_ + " names " + std::to_string(names.size()) + " vocabularies, not two", "");
        for (const std::string& name : names)
            if (!without_compression(name).ends_with(".spm"))
                fail("has the vocabulary " + in_quotes(name) + ", and only SentencePiece's *.spm are read", "");
        return names;
    }

    Folder                      folder_;
    std::vector<std::string>    names_, used_;
    std::optional<std::string>  settings_name_;
    std::optional<YamlSettings> settings_;
};

}  // namespace

bool is_marian_folder(const Folder& folder) {
    return !(folder / "config.json").exists() && !models_in(folder.names()).empty();
}

MarianFolder find_marian_files(const Folder& folder) { return Finder(folder).find(); }

GenerationConfig read_marian_generation(const MarianFolder& folder, const MarianConfig& model,
                                        const MarianTokens& tokens) {
    GenerationConfig c;
    c.marian_rules           = true;
    c.max_length_factor      = 3;
    c.max_new_tokens         = static_cast<std::uint32_t>(model.max_position_embeddings);
    c.eos_token_ids          = {tokens.end};
    c.pad_token_id           = tokens.end;
    c.decoder_start_token_id = model.decoder_start_token_id;
    c.bad_words_ids          = {{tokens.unknown}};
    c.file                   = folder.settings.value_or(folder.model).text();
    if (!folder.translation) return c;
    const YamlSettings& file = *folder.translation;
    c.num_beams             = static_cast<std::uint32_t>(file.natural("beam-size", 1, 1, 64));
    c.length_penalty        = file.real("normalize", 1, -100, 100);
    c.word_penalty          = file.real("word-penalty", 0, -100, 100);
    c.max_length_factor     = file.real("max-length-factor", 3, 0.01, 1000);
    if (file.flag("allow-unk", false)) c.bad_words_ids.clear();
    return c;
}

}  // namespace attune
