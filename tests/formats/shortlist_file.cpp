#include "formats/shortlist_file.h"

#include "support/expect_error.h"
#include "support/marian_writer.h"
#include "support/temporary_folder.h"

using namespace attune;
using namespace attune::test;

namespace {

using Lists = std::vector<std::vector<std::uint32_t>>;

void expect_lists(const ShortlistFile& file, const Lists& lists) {
    REQUIRE(file.source_words() == lists.size());
    for (std::uint32_t word = 0; word < lists.size(); ++word) {
        const auto targets = file.targets(word);
        CHECK(std::vector<std::uint32_t>(targets.begin(), targets.end()) == lists[word]);
    }
    for (const std::size_t word : {lists.size(), lists.size() + 1, std::size_t{0xFFFFFFFF}})
        CHECK(file.targets(static_cast<std::uint32_t>(word)).empty());
}

}   // namespace

TEST_CASE("shortlists come back, plain and compressed") {
    const TemporaryFolder folder;
    const Lists           lists = {{}, {3, 5, 7}, {0}, {}, {6}};
    const std::string     bytes = shortlist_bytes(4, lists);
    for (const std::string& content : {bytes, gzip_bytes(bytes), zstd_bytes(bytes)}) {
        const ShortlistFile file = ShortlistFile::open(folder.write("lex.bin", content), 8);
        CHECK(file.first() == 4);
        expect_lists(file, lists);
    }
    expect_lists(ShortlistFile::open(folder.write("lex.bin", shortlist_bytes(4, Lists{})), 8), {});
}

TEST_CASE("a shortlist may leave out where its last list ends") {
    const TemporaryFolder folder;
    const auto            open = [&](const ShortlistParts& parts) {
        return ShortlistFile::open(folder.write("lex.bin", shortlist_bytes(parts)), 8);
    };
    expect_lists(open({.offsets = {0, 1, 3}, .words = {1, 2, 3, 4}}), {{1}, {2, 3}, {4}});
    expect_lists(open({.offsets = {0, 1, 3, 4}, .words = {1, 2, 3, 4}}), {{1}, {2, 3}, {4}});
}

TEST_CASE("no more first words than the vocabulary has, and none beyond it") {
    const TemporaryFolder folder;
    const auto            path = folder.write("lex.bin", shortlist_bytes(100, {{7}, {3}}));
    CHECK(ShortlistFile::open(path, 8).first() == 8);
    expect_error(Status::bad_input, {"lex.bin", "word 7", "vocabulary of 7"}, [&] { ShortlistFile::open(path, 7); });
}
