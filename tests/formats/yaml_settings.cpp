#include "formats/yaml_settings.h"

#include "support/expect_error.h"

using namespace attune;
using namespace attune::test;

namespace {

const char* const text = R"(# a comment
type: transformer
dim-emb: 256
"dim-vocabs":
  - 32000
  - 31999
input-types: []
models: [a.bin, "b c.bin"]
normalize: 1.0
epsilon: 1e-06
layer-normalization: false
tied-embeddings-all: TRUE
transformer-postprocess-top: ""
nothing:
tilde: ~
quoted: '5'
version: v1.9.56 94aeaa46 2021-04-28 00:28:35 +0100
)";

}   // namespace

TEST_CASE("settings are read by key and type") {
    const YamlSettings settings(text, "model.yml");
    CHECK(settings.text("type") == "transformer");
    CHECK(settings.natural("dim-emb", 7, 1, 1000) == 256);
    CHECK(settings.natural("absent", 7, 1, 1000) == 7);
    CHECK(settings.optional_natural("dim-emb", 256, 256) == 256);
    CHECK(settings.optional_natural("nothing", 1, 2) == std::nullopt);
    CHECK(settings.natural("quoted", 1, 5, 5) == 5);
    CHECK(settings.naturals("dim-vocabs", 1, 32000) == std::vector<std::uint64_t>{32000, 31999});
    CHECK(settings.naturals("dim-emb", 1, 1000) == std::vector<std::uint64_t>{256});
    CHECK(settings.texts("input-types").empty());
    REQUIRE(settings.any("input-types") != nullptr);
    CHECK(settings.texts("models") == std::vector<std::string>{"a.bin", "b c.bin"});
    CHECK(settings.real("normalize", 0, 0, 2) == 1.0);
    CHECK(settings.real("epsilon", 0, 0, 1) == 1e-6);
    CHECK(settings.real("absent", 0.5, 0, 1) == 0.5);
    CHECK_FALSE(settings.flag("layer-normalization", true));
    CHECK(settings.flag("tied-embeddings-all", false));
    CHECK(settings.flag("absent", true));
    CHECK(settings.text("transformer-postprocess-top") == "");
    CHECK(settings.text("nothing") == std::nullopt);
    CHECK(settings.any("tilde") == nullptr);
    CHECK(settings.text("version") == "v1.9.56 94aeaa46 2021-04-28 00:28:35 +0100");
    CHECK(settings.all().size() == 12);
}

TEST_CASE("settings of another type or out of range are refused by key") {
    const YamlSettings settings("a: 5\nb: [1, 2]\nc: x\nd: -1\ne: 1.5\nf: nan\ng: 18446744073709551616\nh: []\n", "m.yml");
    const auto         refused = [](std::initializer_list<std::string> words, auto&& call) {
        expect_error(Status::bad_input, words, call);
    };
    refused({"[m.yml] a is \"5\"", "from 6 to 9"}, [&] { settings.natural("a", 7, 6, 9); });
    refused({"from 1 to 4"}, [&] { settings.natural("a", 1, 1, 4); });
    refused({"b is a list of 2"}, [&] { settings.natural("b", 1, 1, 4); });
    refused({"b is a list of 2"}, [&] { settings.text("b"); });
    refused({"b is a list of 2"}, [&] { settings.flag("b", true); });
    refused({"b is \"2\"", "from 1 to 1"}, [&] { settings.naturals("b", 1, 1); });
    refused({"h is a list of 0"}, [&] { settings.real("h", 1, 1, 4); });
    for (const char* key : {"c", "d", "e", "f", "g"})
        refused({std::string(key) + " is \"", "integer"}, [&] { settings.natural(key, 0, 0, ~0ull); });
    for (const char* key : {"c", "f"})
        refused({std::string(key) + " is \"", "number from -2 to 3.5"}, [&] { settings.real(key, 0, -2, 3.5); });
    refused({"e is \"1.5\"", "0 to 1"}, [&] { settings.real("e", 0, 0, 1); });
    refused({"a is \"5\"", "true or false"}, [&] { settings.flag("a", true); });
    refused({"[m.yml] a is odd; try b"}, [&] { settings.fail("a", "is odd", "try b"); });
    CHECK(settings.real("d", 0, -1, 0) == -1);
}
