#include "base/json.h"

#include "support/expect_error.h"
#include "support/temporary_folder.h"

using namespace attune;
using test::expect_error;

namespace {

struct RefusedCase {
    std::string text;
    const char* word;   // of the message
};

const RefusedCase refused[] = {
    {"", "valid JSON"},
    {" ", "valid JSON"},
    {"{", "valid JSON"},
    {"{} {}", "valid JSON"},
    {"{\"a\":1,}", "valid JSON"},
    {"[1,]", "valid JSON"},
    {"{a:1}", "valid JSON"},
    {"01", "valid JSON"},
    {"NaN", "valid JSON"},
    {"1e999", "overflow"},
    {"// c\n1", "valid JSON"},
    {"\"\\ud800\"", "surrogate"},
    {std::string("\"\0\"", 3), "valid JSON"},
    {std::string("{}\0", 3), "NUL"},
    {std::string("{}\0[", 4), "NUL"},
    {"\"\xC0\x80\"", "UTF-8"},           // overlong
    {"\"\xED\xA0\x80\"", "UTF-8"},       // a surrogate
    {"\"\xF4\x90\x80\x80\"", "UTF-8"},   // beyond U+10FFFF
    {"\"\xE2\x82\"", "UTF-8"},           // cut short
    {"{\"a\":1,\"b\":2,\"a\":3}", "\"a\" twice"},
    {"{\"a\":1,\"\\u0061\":3}", "\"a\" twice"},   // the same name, written differently
    {"[{\"x\":{\"y\":1,\"y\":1}}]", "\"y\" twice"},
    {"[[[[[[[[[]]]]]]]]]", "deeper than 8"},
    {"[[[[{\"a\":[[[{}]]]}]]]]", "deeper than 8"},
    {std::string(100'000, '['), "deeper than 8"},
    {'"' + std::string(1u << 20, 's') + '"', "over 1 MiB"},
    {std::string((1u << 20) + 1, '1') + "2", "over 1 MiB"},
    {"[" + std::string(2'000'000, ' ') + "]", "over 1 MiB"},
};

}   // namespace

TEST_CASE("JSON beyond the limits is refused with file and reason") {
    for (const RefusedCase& row : refused) {
        CAPTURE(row.text.substr(0, 40));
        expect_error(Status::bad_input, {"[some.json]", row.word}, [&] { parse_json(row.text, "some.json"); });
    }
}

TEST_CASE("JSON within the limits keeps its values") {
    const Json json = parse_json(R"({"a":[1,-2,2.5,true,null,"x\u00e4"],"b":{"c":{}},"d":18446744073709551615})", "j");
    CHECK(json["a"] == Json::array({1, -2, 2.5, true, nullptr, "xä"}));
    CHECK(json["b"]["c"] == Json::object());
    CHECK(json["d"].get<std::uint64_t>() == 18446744073709551615u);
    CHECK(parse_json("[[[[[[[[7]]]]]]]]", "eight levels")[0][0][0][0][0][0][0][0] == 7);
    CHECK(parse_json("\xEF\xBB\xBF[1]", "with a byte order mark") == Json::array({1}));
    CHECK(parse_json("3", "a number") == 3);
}

TEST_CASE("limits can be chosen") {
    expect_error(Status::bad_input, {"[j]", "deeper than 1"}, [] { parse_json("[[]]", "j", {.depth = 1}); });
    expect_error(Status::bad_input, {"[j]", "4 bytes"}, [] { parse_json("[  ]", "j", {.bytes = 3}); });
    CHECK(parse_json("[ ]", "j", {.bytes = 3}).empty());
    expect_error(Status::bad_input, {"[j]", "more than 3 values"}, [] { parse_json("[1,[2]]", "j", {.values = 3}); });
    CHECK(parse_json("[1,2]", "j", {.values = 3}).size() == 2);
    CHECK(parse_json("\"\\\"" + std::string(1'000'000, 's') + '"', "j").get<std::string>().size() == 1'000'001);
}

TEST_CASE("an object with many objects is built in linear time") {
    std::string text = "{";
    for (int i = 0; i < 60'000; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":{\"a\":[0,1]}";
    CHECK(parse_json(text + "}", "large").size() == 60'000);
}

TEST_CASE("JSON files are named in errors") {
    const test::TemporaryFolder folder;
    CHECK(read_json(folder.write("good.json", "{\"a\":1}"))["a"] == 1);
    expect_error(Status::bad_input, {"bad.json", "valid JSON"}, [&] { read_json(folder.write("bad.json", "{")); });
    expect_error(Status::bad_input, {"none.json", "opened"}, [&] { read_json(folder.path() / "none.json"); });
}
