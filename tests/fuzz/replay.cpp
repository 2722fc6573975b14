// Every file of the corpus through its target: what a fuzzer once found stays fixed.
#include "fuzz/fuzz.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace attune::test;

TEST_CASE("each target over its corpus") {
    const std::filesystem::path corpus = ATTUNE_SOURCE_DIR "/tests/fuzz/corpus";
    std::size_t                 folders = 0;
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
        ++folders;
        CHECK(std::ranges::count(fuzz_targets(), entry.path().filename().string(), &FuzzTarget::name) == 1);
    }
    CHECK(folders == fuzz_targets().size());

    for (const FuzzTarget& target : fuzz_targets()) {
        std::size_t files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(corpus / target.name)) {
            const std::string path = entry.path().string();
            CAPTURE(path);
            std::ifstream     in(path, std::ios::binary);
            const std::string bytes{std::istreambuf_iterator<char>(in), {}};
            CHECK_NOTHROW(target.run(bytes));
            ++files;
        }
        CAPTURE(std::string(target.name));
        CHECK(files >= 5);
    }
}
