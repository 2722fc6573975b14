#include "text/sentencepiece_check.h"

#include "base/file.h"
#include "support/temporary_folder.h"
#include "text/marian_tokenizer.h"
#include "text/tiny_spm.h"

#include <attune/error.hpp>
#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

TEST_CASE("the tiny model normalises by its table") {
    const TemporaryFolder folder;
    folder.write("vocab.json", tiny_vocabulary);
    for (const char* name : {"source.spm", "target.spm"}) folder.write(name, TinySpm().bytes());
    const MarianTokenizer tokenizer = MarianTokenizer::open(folder.path());
    CHECK(tokenizer.encode("Ab") == std::vector<std::uint32_t>{5, 0});      // a b
    CHECK(tokenizer.encode("AB") == std::vector<std::uint32_t>{2, 6, 0});   // U+00DF
    CHECK(tokenizer.encode("q") == std::vector<std::uint32_t>{2, 1, 0});
    CHECK(tokenizer.encode(">>de<< ab") == std::vector<std::uint32_t>{8, 5, 0});
    CHECK(tokenizer.decode(std::vector<std::uint32_t>{9, 5, 6, 2, 4, 0, 9}) == "ab\u00DF b");
    CHECK(tokenizer.decode(std::vector<std::uint32_t>{5, 1}) == "ab \u2047");
}

TEST_CASE("the shipped model passes, and its changed tables do not crash") {
    const std::string path  = ATTUNE_SOURCE_DIR "/samples/models/tatoeba-en-de-fr-es/source.spm";
    const std::string model = read_file(path, 64u << 20);
    check_sentencepiece(model, path);
    const std::size_t table   = model.find("nmt_nfkc") + 12;   // a little into the trie
    int               refused = 0;
    for (std::size_t i = 0; i < 300; ++i) {
        std::string bytes      = model;
        bytes[table + i * 601] = static_cast<char>(bytes[table + i * 601] ^ (i % 2 ? 0x40 : 0xFF));
        try {
            check_sentencepiece(bytes, path);
        } catch (const Error& error) {
            CHECK(error.status() == Status::bad_input);
            ++refused;
        }
    }
    CHECK(refused > 20);
}
