#include "support/tiny_model.h"

#include "text/tiny_spm.h"

#include <random>

namespace attune::test {
namespace {

std::string word(std::size_t index) {
    std::string text(1, static_cast<char>('a' + index % 26));
    if (index >= 26) text += static_cast<char>('a' + index / 26);
    return text;
}

}  // namespace

std::string tiny_text(std::size_t words, std::uint32_t seed, std::size_t vocabulary) {
    std::mt19937 random(seed);
    std::string  text;
    for (std::size_t i = 0; i < words; ++i) text += (i ? " " : "") + word(random() % (vocabulary - 3));
    return text;
}

void write_tiny_tokenizer(const TemporaryFolder& folder, std::size_t vocabulary) {
    Json        ids = {{"</s>", 0}, {"<unk>", 1}, {"<pad>", vocabulary - 1}};
    std::string model = piece("<unk>", 0, 2);
    for (std::size_t id = 2; id + 1 < vocabulary; ++id) {
        const std::string text = "\xE2\x96\x81" + word(id - 2);
        ids[text] = id;
        model += piece(text);
    }
    folder.write("vocab.json", ids.dump());
    folder.write("source.spm", model);
    folder.write("target.spm", model);
}

void write_tiny_model(const TemporaryFolder& folder, const Json& changes) {
    const Json config = tiny_marian_config(changes);
    write_marian_folder(folder.path(), config, tiny_marian_tensors(config));
    write_tiny_tokenizer(folder, config["vocab_size"].get<std::size_t>());
}

}  // namespace attune::test
