// Every rule of vocab.json and target_vocab.json, broken alone at its edges.
#include "broken/bench.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

namespace {

struct VocabularyCase {
    std::string json;
    const char* word;   // null: loads
};

const VocabularyCase cases[] = {
    {R"({"</s>":1,"<unk>":0})", nullptr},
    {R"({"</s>":1,"<unk>":0,"":2})", nullptr},
    {R"({"</s>":1,"<unk>":0,")" + std::string(1024, 'a') + R"(":2})", nullptr},
    {"{\"<unk>\":0}", "no </s>"},
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

// Pieces 0 to count - 1, those of text first.
std::string vocabulary(std::size_t count, const std::string& ending = "}") {
    std::string text = R"({"</s>":0,"<unk>":1)";
    for (std::size_t id = 2; id < count; ++id) text += ",\"p" + std::to_string(id) + "\":" + std::to_string(id);
    return text + ending;
}

}   // namespace

TEST_CASE("vocabularies that break a rule are refused with a reason") {
    for (const char* name : {"vocabulary", "target vocabulary"}) {
        Bench bench(format(name));
        for (const VocabularyCase& row : cases) bench.expect(row.json.substr(0, 60), row.json, row.word);
    }
}

TEST_CASE("vocabularies that are large are refused in time and memory") {
    Bench                 bench(format("vocabulary"));
    constexpr std::size_t most = 1u << 19;
    bench.expect("524,288 pieces", vocabulary(most), nullptr);
    bench.expect("524,289 pieces", vocabulary(most + 1), "over 524,288");
    bench.expect("one at the end twice", vocabulary(most - 1, ",\"p2\":524287}"), "twice");
    bench.expect("100,000 levels", "{\"<unk>\":" + std::string(100'000, '['), "deeper");
    bench.expect("16 MiB and a byte", std::string((16u << 20) + 1, ' '), "more than the 16777216");
    bench.expect("blanks", "{" + std::string(15u << 20, ' ') + "}", "over 1 MiB");
    std::string long_pieces = R"({"</s>":0,"<unk>":1)";
    for (int id = 2; id < 16'000; ++id)
        long_pieces += ",\"" + std::string(1000, 'q') + std::to_string(id) + "\":" + std::to_string(id);
    bench.expect("15 MiB of names", long_pieces + "}", nullptr);
}
