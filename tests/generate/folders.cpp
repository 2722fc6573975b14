// Folders in the styles that people have: device and oracle give the tokens that transformers gave
// (tests/data/folders, made by tests/data/make_folders.py).
#include "support/expect_error.h"
#include "support/test_devices.h"
#include "support/tiny_model.h"

#include <attune/translator.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>

using namespace attune;
using test::TemporaryFolder;
using test::TinyVocabulary;

namespace {

const std::filesystem::path folders = ATTUNE_SOURCE_DIR "/tests/data/folders";

using Ids = std::vector<std::uint32_t>;

// A copy of a folder with a tokenizer: every id a word, so that texts stand for the ids of the goldens.
struct Style {
    TemporaryFolder          folder;
    TinyVocabulary           source, target;
    std::vector<std::string> lines;

    Style(const std::string& name, const Json& expected) {
        for (const auto& file : std::filesystem::directory_iterator(folders / name))
            std::filesystem::copy_file(file.path(), folder.path() / file.path().filename());
        const bool separate = expected["separate"];
        // <unk> is 9 unless words of the sources need it: nothing may rely on 1.
        source = {.size    = expected["vocabulary"],
                  .end     = expected["end"],
                  .unknown = 9,
                  .pad     = expected["pad"],
                  .prefix  = separate ? "s" : ""};
        target = source;
        if (separate) target.size = expected["target_vocabulary"], target.prefix = "t", target.unknown = 17;
        test::write_tiny_tokenizer(folder, source, separate ? std::optional(target) : std::nullopt);
        for (const Json& ids : expected["sources"]) lines.push_back(source.text(ids.get<Ids>()));
    }
};

// How many lines were compared: one that is longer than the folder lets a translation be is cut, which
// transformers does not do.
std::size_t check(Translator& translator, const Style& style, const Json& expected, const char* search,
                  const TranslateOptions& options) {
    const auto  results  = translator.translate(style.lines, options);
    std::size_t compared = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        CAPTURE(i);
        if (results[i].parts > 1) continue;
        ++compared;
        REQUIRE(results[i].source_tokens == expected["sources"][i].get<Ids>());
        const Ids wanted = expected[search][i].get<Ids>();
        CHECK(results[i].hypotheses[0].tokens == wanted);
        if (std::ranges::find(wanted, style.target.unknown) == wanted.end())
            CHECK(results[i].text == style.target.text(wanted));
    }
    return compared;
}

}  // namespace

TEST_CASE("folders of every style give the tokens of transformers") {
    const Json  all  = read_json(folders / "expected.json");
    std::size_t seen = 0, compared = 0;
    for (const auto& entry : all.items()) {
        const Json& expected = entry.value();
        if (seen++ % test::row_share() != 0) continue;
        CAPTURE(entry.key());
        const Style style(entry.key(), expected);
        Translator  device(test::main_device(), style.folder.path()),
            oracle = Translator::on_oracle(style.folder.path());
        for (Translator* translator : {&device, &oracle}) {
            compared += check(*translator, style, expected, "greedy", {.beam_size = 1});
            compared += check(*translator, style, expected, "beam", {});
        }
        CHECK(Translator::inspect_folder(style.folder.path()).will_not_run.empty());
    }
    std::printf("%zu translations of %zu folders\n", compared, (seen + test::row_share() - 1) / test::row_share());
    CHECK(all.size() >= 25);
    CHECK(compared >= 38 * (all.size() / test::row_share()));   // 10 lines, two searches, device and oracle
}
