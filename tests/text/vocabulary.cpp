#include "text/vocabulary.h"

#include "support/expect_error.h"
#include "support/temporary_folder.h"

using namespace attune;
using test::expect_error;

TEST_CASE("a vocabulary goes both ways") {
    const Vocabulary v = Vocabulary::parse("{\"b\":2,\"<unk>\":1,\"\\u2581a\":0,\"\":3}", "vocab.json");
    CHECK(v.size() == 4);
    CHECK(v.unknown() == 1);
    for (std::uint32_t id = 0; id < v.size(); ++id) CHECK(v.find(v.piece(id)) == id);
    CHECK(v.find("\u2581a") == 0);
    CHECK_FALSE(v.find("a"));
    expect_error(Status::bad_input, {"no piece 4", "among 4"}, [&] { v.piece(4); });
}

TEST_CASE("a vocabulary of 200,000 pieces, and a file that is missing") {
    std::string json = "{\"<unk>\":0";
    for (int i = 1; i < 200'000; ++i) json += ",\"p" + std::to_string(i) + "\":" + std::to_string(i);
    const test::TemporaryFolder folder;
    const Vocabulary            v = Vocabulary::open(folder.write("vocab.json", json + "}"));
    CHECK(v.size() == 200'000);
    CHECK(v.find("p199999") == 199'999);
    expect_error(Status::bad_input, {"none.json"}, [&] { Vocabulary::open(folder.path() / "none.json"); });
}
