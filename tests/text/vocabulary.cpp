#include "text/vocabulary.h"

#include "support/expect_error.h"
#include "support/temporary_folder.h"

using namespace attune;
using test::expect_error;

namespace {

struct BadVocabulary {
    std::string json;
    const char* word;
};

const BadVocabulary bad[] = {
    {"", "valid JSON"},
    {"{", "valid JSON"},
    {"{\"<unk>\":0,}", "valid JSON"},
    {"[]", "no JSON object"},
    {"[\"<unk>\"]", "no JSON object"},
    {"null", "no JSON object"},
    {"1", "no JSON object"},
    {"\"<unk>\"", "no JSON object"},
    {"{}", "no <unk>"},
    {"{\"a\":0}", "no <unk>"},
    {"{\"<UNK>\":0}", "no <unk>"},
    {"{\"<unk>\":1}", "beyond"},
    {"{\"<unk>\":0,\"a\":2}", "beyond"},
    {"{\"<unk>\":0,\"a\":0}", "two pieces"},
    {"{\"<unk>\":0,\"a\":1,\"b\":1}", "two pieces"},
    {"{\"<unk>\":0,\"a\":1,\"a\":2}", "twice"},
    {"{\"<unk>\":-1}", "whole number"},
    {"{\"<unk>\":0.0}", "whole number"},
    {"{\"<unk>\":1e0}", "whole number"},
    {"{\"<unk>\":\"0\"}", "whole number"},
    {"{\"<unk>\":null}", "whole number"},
    {"{\"<unk>\":true}", "whole number"},
    {"{\"<unk>\":[0]}", "deeper"},
    {"{\"<unk>\":{\"a\":0}}", "deeper"},
    {"{\"<unk>\":0,\"a\":18446744073709551615}", "beyond"},
    {"{\"<unk>\":0,\"a\":18446744073709551616}", "whole number"},
    {"{\"<unk>\":0,\"a\":4294967297}", "beyond"},
    {"{\"<unk>\":0,\"\xFF\":1}", "UTF-8"},
    {"{\"<unk>\":0,\"" + std::string(1025, 'a') + "\":1}", "1,024 bytes"},
};

}   // namespace

TEST_CASE("a bad vocab.json is refused with a reason") {
    for (const BadVocabulary& c : bad) {
        CAPTURE(c.json.substr(0, 60));
        expect_error(Status::bad_input, {"[vocab.json]", c.word}, [&] { Vocabulary::parse(c.json, "vocab.json"); });
    }
}

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
