#include "support/tiny_model.h"

#include "text/tiny_spm.h"

#include <random>

namespace attune::test {

std::string tiny_word(std::size_t index) {
    std::string text(1, static_cast<char>('a' + index % 26));
    if (index >= 26) text += static_cast<char>('a' + index / 26);
    return text;
}

std::string tiny_text(std::size_t words, std::uint32_t seed, std::size_t vocabulary) {
    std::mt19937 random(seed);
    std::string  text;
    for (std::size_t i = 0; i < words; ++i) text += (i ? " " : "") + tiny_word(random() % (vocabulary - 3));
    return text;
}

std::string TinyVocabulary::piece(std::uint32_t id) const {
    if (id == end) return "</s>";
    if (id == unknown) return "<unk>";
    if (id == pad) return "<pad>";
    const std::uint32_t first = id - (id > end) - (id > unknown) - (id > pad);
    return space_mark + prefix + tiny_word(first);
}

std::string TinyVocabulary::text(const std::vector<std::uint32_t>& ids) const {
    std::string text;
    for (const std::uint32_t id : ids)
        if (id != end && id != unknown && id != pad)
            text += (text.empty() ? "" : " ") + piece(id).substr(space_mark.size());
    return text;
}

namespace {

void write_vocabulary(const TemporaryFolder& folder, const TinyVocabulary& vocabulary, const char* json,
                      const char* spm) {
    Json        ids   = Json::object();
    std::string model = piece("<unk>", 0, 2);
    for (std::uint32_t id = 0; id < vocabulary.size; ++id) {
        const std::string text = vocabulary.piece(id);
        ids[text]              = id;
        if (text.starts_with(space_mark)) model += piece(text);
    }
    if (json) folder.write(json, ids.dump());
    folder.write(spm, model);
}

}  // namespace

void write_tiny_tokenizer(const TemporaryFolder& folder, const TinyVocabulary& source,
                          const std::optional<TinyVocabulary>& target) {
    write_vocabulary(folder, source, "vocab.json", "source.spm");
    write_vocabulary(folder, target.value_or(source), target ? "target_vocab.json" : nullptr, "target.spm");
    folder.write("tokenizer_config.json", Json{{"separate_vocabs", target.has_value()}}.dump());
}

void write_tiny_tokenizer(const TemporaryFolder& folder, std::size_t vocabulary) {
    const TinyVocabulary tiny{.size = vocabulary, .pad = static_cast<std::uint32_t>(vocabulary - 1), .prefix = {}};
    write_vocabulary(folder, tiny, "vocab.json", "source.spm");
    write_vocabulary(folder, tiny, nullptr, "target.spm");
}

void write_tiny_model(const TemporaryFolder& folder, const Json& changes) {
    const Json config = tiny_marian_config(changes);
    write_marian_folder(folder.path(), config, tiny_marian_tensors(config));
    write_tiny_tokenizer(folder, config["vocab_size"].get<std::size_t>());
}

}  // namespace attune::test
